//! What attachments may be.

/// What an attachment may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum Kind {
    /// A picture.
    Png,
    /// A picture.
    Jpeg,
    /// A picture.
    Gif,
    /// A picture.
    Webp,
    /// A drawing, which may hold scripts.
    Svg,
    /// A document.
    Pdf,
    /// UTF-8 text.
    Text,
    /// UTF-8 text that is a table.
    Csv,
    /// UTF-8 text with marks.
    Markdown,
    /// A document of Word before 2007.
    Doc,
    /// A document of Word.
    Docx,
    /// A workbook of Excel before 2007.
    Xls,
    /// A workbook of Excel.
    Xlsx,
    /// A presentation before 2007.
    Ppt,
    /// A presentation.
    Pptx,
    /// An open text document.
    Odt,
    /// An open spreadsheet.
    Ods,
    /// An archive; whatever is in it is never unpacked.
    Zip,
    /// An archive.
    Tar,
    /// Something compressed.
    Gzip,
    /// An archive.
    SevenZip,
}

/// The endings of names that are allowed, for people.
const ALLOWED: &str =
    "png jpg jpeg gif webp svg pdf txt csv md doc docx xls xlsx ppt pptx odt ods zip tar gz tgz 7z";

impl Kind {
    /// What the ending of `name` says it is; none for a name without an ending or with one that is not allowed.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let (_, ending) = name.rsplit_once('.')?;
        Some(match ending.to_ascii_lowercase().as_str() {
            "png" => Self::Png,
            "jpg" | "jpeg" => Self::Jpeg,
            "gif" => Self::Gif,
            "webp" => Self::Webp,
            "svg" => Self::Svg,
            "pdf" => Self::Pdf,
            "txt" => Self::Text,
            "csv" => Self::Csv,
            "md" => Self::Markdown,
            "doc" => Self::Doc,
            "docx" => Self::Docx,
            "xls" => Self::Xls,
            "xlsx" => Self::Xlsx,
            "ppt" => Self::Ppt,
            "pptx" => Self::Pptx,
            "odt" => Self::Odt,
            "ods" => Self::Ods,
            "zip" => Self::Zip,
            "tar" => Self::Tar,
            "gz" | "tgz" => Self::Gzip,
            "7z" => Self::SevenZip,
            _ => return None,
        })
    }

    /// The endings that are allowed.
    #[must_use]
    pub fn allowed() -> Vec<&'static str> {
        ALLOWED.split(' ').collect()
    }

    /// Its media type.
    #[must_use]
    pub fn mime(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
            Self::Svg => "image/svg+xml",
            Self::Pdf => "application/pdf",
            Self::Text => "text/plain",
            Self::Csv => "text/csv",
            Self::Markdown => "text/markdown",
            Self::Doc => "application/msword",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Xls => "application/vnd.ms-excel",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Ppt => "application/vnd.ms-powerpoint",
            Self::Pptx => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            Self::Odt => "application/vnd.oasis.opendocument.text",
            Self::Ods => "application/vnd.oasis.opendocument.spreadsheet",
            Self::Zip => "application/zip",
            Self::Tar => "application/x-tar",
            Self::Gzip => "application/gzip",
            Self::SevenZip => "application/x-7z-compressed",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use strum::IntoEnumIterator as _;

    use super::*;

    #[test]
    fn every_kind_has_an_ending_and_every_ending_a_kind() {
        let kinds: HashSet<Kind> =
            Kind::allowed().iter().filter_map(|ending| Kind::of_name(&format!("a.{ending}"))).collect();
        assert_eq!(kinds, Kind::iter().collect());
        assert!(Kind::allowed().iter().all(|ending| Kind::of_name(&format!("A.B.{ending}")).is_some()));
    }

    #[test]
    fn the_last_ending_counts() {
        assert_eq!(Kind::of_name("a.exe.PNG"), Some(Kind::Png));
        for bad in ["", "png", "a.png.exe", "a.", "a.png ", "a.html"] {
            assert_eq!(Kind::of_name(bad), None, "{bad:?}");
        }
    }
}
