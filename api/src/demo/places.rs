//! The buildings and categories of the demo.

use domain::catalogue::values::{DetailChanges, EntryKind, Parent};
use domain::change::Change;
use domain::id::EntryId;

use super::names;

/// Code, name and address.
const BUILDINGS: [(&str, &str, &str); 3] = [
    ("HARBOUR", "Harbour House", "1 Quay Road"),
    ("MILL", "The Old Mill", "27 Mill Lane"),
    ("DEPOT", "Depot North", "140 Ring Street"),
];

/// Code, name, department, and the code of the category above.
const CATEGORIES: [(&str, &str, &str, Option<&str>); 10] = [
    ("HARDWARE", "Computers and devices", "IT", None),
    ("PRINTERS", "Printers and copiers", "IT", Some("HARDWARE")),
    ("SOFTWARE", "Programs and licences", "IT", None),
    ("NETWORK", "Network and telephones", "IT", None),
    ("VPN", "Working from elsewhere", "IT", Some("NETWORK")),
    ("ACCESS", "Accounts and rights", "IT", None),
    ("PAYROLL", "Pay and payslips", "HR", None),
    ("LEAVE", "Holidays and leave", "HR", None),
    ("CONTRACTS", "Contracts and certificates", "HR", None),
    ("ARRIVALS", "New colleagues", "HR", None),
];

/// A building or category of the demo.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) kind: EntryKind,
    pub(crate) code: &'static str,
    pub(crate) name: &'static str,
    pub(crate) details: DetailChanges,
}

impl Place {
    /// Its identity.
    pub(crate) fn id(&self) -> EntryId {
        id(self.kind, self.code)
    }
}

fn id(kind: EntryKind, code: &str) -> EntryId {
    EntryId(names::id(&format!("{}:{code}", kind.as_str())))
}

/// All of them, those above before those below.
pub(crate) fn all() -> Vec<Place> {
    let buildings = BUILDINGS.into_iter().map(|(code, name, address)| Place {
        kind: EntryKind::Building,
        code,
        name,
        details: DetailChanges { address: Change::Set(address.to_owned()), ..DetailChanges::default() },
    });
    let categories = CATEGORIES.into_iter().map(|(code, name, department, above)| Place {
        kind: EntryKind::Category,
        code,
        name,
        details: DetailChanges {
            department: department.parse().map_or(Change::Clear, Change::Set),
            parent: above
                .map_or(Change::Keep, |above| Change::Set(Parent::named(id(EntryKind::Category, above)))),
            ..DetailChanges::default()
        },
    });
    buildings.chain(categories).collect()
}
