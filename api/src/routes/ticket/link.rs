//! The header `Link`: where the neighbouring pages of a list are.

use axum::http::header::LINK;
use axum::http::{HeaderName, HeaderValue, Uri};

use crate::page::{Pagination, Paging};

/// The links to the next and the previous page of the list at `path`, which `asked` showed; `as_of` keeps all pages
/// at the same moment.
pub(in crate::routes) fn link(
    path: &str,
    asked: &Uri,
    as_of: Option<String>,
    by_cursor: bool,
    pagination: &Pagination,
) -> Option<[(HeaderName, HeaderValue); 1]> {
    let Pagination { page, limit, has_more, ref next_cursor, .. } = *pagination;
    let numbered = |page: u32| format!("page={page}");
    let next = match next_cursor {
        Some(cursor) if by_cursor || Paging::read(Some(page + 1), Some(limit)).is_err() => {
            Some(format!("cursor={cursor}"))
        }
        _ => has_more.then(|| numbered(page + 1)),
    };
    let previous = (page > 1 && !by_cursor).then(|| numbered(page - 1));
    let kept: Vec<String> = kept(asked).into_iter().map(str::to_owned).chain(as_of).collect();
    let to = |place: Option<String>, rel: &str| {
        place.map(|place| format!("<{path}?{}>; rel=\"{rel}\"", [&kept[..], &[place]].concat().join("&")))
    };
    let links: Vec<String> = [to(next, "next"), to(previous, "prev")].into_iter().flatten().collect();
    let value = HeaderValue::try_from(links.join(", ")).ok()?;
    (!links.is_empty()).then_some([(LINK, value)])
}

/// The parameters that all pages share.
fn kept(asked: &Uri) -> Vec<&str> {
    let pairs = asked.query().unwrap_or_default().split('&');
    let is_kept = |pair: &&str| {
        let name = pair.split('=').next().unwrap_or_default();
        !matches!(name, "" | "page" | "cursor" | "min_position" | "as_of")
    };
    pairs.filter(is_kept).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(query: &str, page: u32, total: i64, cursor: Option<&str>) -> Option<String> {
        let uri = format!("/tickets?{query}").parse().expect("a URI");
        let pagination = Paging { page, limit: 100 }.of(total, cursor.map(str::to_owned));
        let as_of = query.contains("as_of=").then(|| "as_of=position:7".to_owned());
        let link = link("/api/v1/tickets", &uri, as_of, query.contains("cursor="), &pagination)?;
        Some(link[0].1.to_str().expect("text").replace("/api/v1/tickets", ""))
    }

    #[test]
    fn neighbouring_pages_have_the_same_filters() {
        assert_eq!(of("", 1, 100, None), None);
        assert_eq!(
            of("status=open", 1, 101, Some("c")),
            Some("<?status=open&page=2>; rel=\"next\"".to_owned())
        );
        let then = "<?a=1&as_of=position:7&page=2>; rel=\"next\"";
        assert_eq!(of("as_of=2026-01-01T09:00:00Z&a=1", 1, 101, Some("c")), Some(then.to_owned()));
        let both = "<?a=1&b=2&page=3>; rel=\"next\", <?a=1&b=2&page=1>; rel=\"prev\"";
        assert_eq!(of("a=1&page=2&b=2", 2, 1_000, Some("c")), Some(both.to_owned()));
        assert_eq!(of("cursor=x", 1, 1_000, Some("c")), Some("<?cursor=c>; rel=\"next\"".to_owned()));
        let deep = "<?cursor=c>; rel=\"next\", <?page=99>; rel=\"prev\"";
        assert_eq!(of("page=100", 100, 20_000, Some("c")), Some(deep.to_owned()));
    }
}
