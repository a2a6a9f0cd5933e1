//! What a file is by its content, found out while it passes by.

use domain::attachment::Kind;
use file_format::FileFormat;

/// How many bytes from the beginning are kept to be looked at.
const HEAD: usize = 16 * 1024;
/// What documents of Office before 2007 begin with.
const OLE: &[u8] = &[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];
/// What stands somewhere in documents of each kind, and in nothing else that is packed the same way.
const MARKS: [(Kind, &[u8]); 7] = [
    (Kind::Docx, b"word/document"),
    (Kind::Xlsx, b"xl/workbook"),
    (Kind::Pptx, b"ppt/presentation"),
    (Kind::Doc, b"W\0o\0r\0d\0D\0o\0c\0u\0m\0e\0n\0t\0"),
    (Kind::Xls, b"W\0o\0r\0k\0b\0o\0o\0k\0"),
    (Kind::Xls, b"B\0o\0o\0k\0\0"),
    (Kind::Ppt, b"P\0o\0w\0e\0r\0P\0o\0i\0n\0t\0 \0D\0o\0c\0u\0m\0e\0n\0t\0"),
];
/// One byte less than the longest mark has.
const OVERLAP: usize = 37;

/// Looks at a content piece by piece.
#[derive(Default)]
pub(super) struct Sniffer {
    head: Vec<u8>,
    /// The end of what passed, in which a mark may have begun.
    tail: Vec<u8>,
    marked: Vec<Kind>,
    /// The beginning of a character whose end has not passed yet.
    cut: Vec<u8>,
    is_no_text: bool,
}

impl Sniffer {
    /// Looks at the next piece.
    pub(super) fn feed(&mut self, piece: &[u8]) {
        let room = HEAD - self.head.len();
        self.head.extend_from_slice(&piece[..piece.len().min(room)]);
        self.read(piece);
        if self.head.starts_with(OLE) || self.head.starts_with(b"PK") {
            self.look_for_marks(piece);
        }
    }

    fn read(&mut self, piece: &[u8]) {
        if self.is_no_text {
            return;
        }
        let bytes = [std::mem::take(&mut self.cut).as_slice(), piece].concat();
        let text = match std::str::from_utf8(&bytes) {
            Ok(text) => text,
            Err(error) => {
                let (text, rest) = bytes.split_at(error.valid_up_to());
                self.is_no_text = error.error_len().is_some();
                self.cut = rest.to_vec();
                std::str::from_utf8(text).unwrap_or_default()
            }
        };
        self.is_no_text |= text.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{C}'));
    }

    fn look_for_marks(&mut self, piece: &[u8]) {
        let passed = [std::mem::take(&mut self.tail).as_slice(), piece].concat();
        for (kind, mark) in MARKS {
            if !self.marked.contains(&kind) && passed.windows(mark.len()).any(|window| window == mark) {
                self.marked.push(kind);
            }
        }
        self.tail = passed[passed.len().saturating_sub(OVERLAP)..].to_vec();
    }

    /// Whether all that passed is a file of this kind, or could be.
    pub(super) fn is(&self, kind: Kind) -> bool {
        let is_text = || !self.is_no_text && self.cut.is_empty();
        let mime = infer::get(&self.head).map(|found| found.mime_type());
        let is_zip = || infer::archive::is_zip(&self.head);
        match kind {
            Kind::Text | Kind::Csv | Kind::Markdown => is_text(),
            Kind::Svg => is_text() && begins_a_drawing(&self.head),
            Kind::Doc | Kind::Xls | Kind::Ppt => self.head.starts_with(OLE) && self.marked.contains(&kind),
            Kind::Docx | Kind::Xlsx | Kind::Pptx => is_zip() && self.marked.contains(&kind),
            Kind::Zip => is_zip() && !self.runs(),
            Kind::Odt | Kind::Ods => mime == Some(kind.mime()),
            _ => mime == Some(kind.mime()) && !self.runs(),
        }
    }

    /// Whether it is a program, whatever else it may look like.
    fn runs(&self) -> bool {
        FileFormat::from_bytes(&self.head).kind() == file_format::Kind::Executable
    }
}

/// Whether the first element of the XML in `head` is a drawing.
fn begins_a_drawing(head: &[u8]) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default(),
    };
    let mut rest = text.trim_start_matches('\u{FEFF}').trim_start();
    loop {
        let end = match rest {
            _ if rest.starts_with("<!--") => "-->",
            _ if rest.starts_with("<?") => "?>",
            _ if rest.starts_with("<!DOCTYPE svg") => ">",
            _ => break,
        };
        let Some((_, behind)) = rest.split_once(end) else { return false };
        rest = behind.trim_start();
    }
    let behind = rest.strip_prefix("<svg").unwrap_or_default();
    behind.starts_with(|c: char| c.is_whitespace() || c == '>' || c == '/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(content: &[u8], kind: Kind) -> bool {
        let mut whole = Sniffer::default();
        whole.feed(content);
        let mut by_piece = Sniffer::default();
        content.chunks(3).for_each(|piece| by_piece.feed(piece));
        assert_eq!(whole.is(kind), by_piece.is(kind), "however it comes");
        whole.is(kind)
    }

    #[test]
    fn pictures_and_archives_are_known_by_their_beginning() {
        let tar = [&[b'a'; 257][..], b"ustar\x0000", &[0; 300]].concat();
        for (content, kind) in [
            (&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], Kind::Png),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", Kind::Jpeg),
            (b"GIF89a\x01\0\x01\0", Kind::Gif),
            (b"RIFF\x10\0\0\0WEBPVP8 ", Kind::Webp),
            (b"%PDF-1.7\n", Kind::Pdf),
            (b"PK\x03\x04\x14\0\0\0", Kind::Zip),
            (b"\x1f\x8b\x08\0\0\0", Kind::Gzip),
            (b"7z\xbc\xaf\x27\x1c\0\x04", Kind::SevenZip),
            (&tar, Kind::Tar),
        ] {
            assert!(is(content, kind), "{kind:?}");
            assert!(!is(content, Kind::Doc) && !is(content, Kind::Svg) && !is(content, Kind::Docx));
        }
        for program in [&b"\x7fELF\x02\x01\x01\0"[..], b"MZ\x90\0\x03\0", b"#!/bin/sh\nrm -r /", b"<html>"] {
            for kind in [Kind::Png, Kind::Pdf, Kind::Zip, Kind::Doc, Kind::Docx, Kind::Svg, Kind::Gzip] {
                assert!(!is(program, kind), "{kind:?}");
            }
        }
    }

    #[test]
    fn text_is_utf_8_to_its_end() {
        assert!(is("größe;1\r\n🙂".as_bytes(), Kind::Csv));
        for bad in [&b"a\0b"[..], b"\xff\xfea", "ü".as_bytes().split_at(1).0, b"MZ\x90\0"] {
            assert!(!is(bad, Kind::Text), "{bad:?}");
        }
        let late = [vec![b'a'; 100_000], vec![0xff]].concat();
        assert!(!is(&late, Kind::Markdown));
    }

    #[test]
    fn a_drawing_begins_with_its_element() {
        assert!(is(b"<?xml version=\"1.0\"?>\n<!-- x -->\n<svg xmlns=\"a\"/>", Kind::Svg));
        for bad in [&b"<html><svg/></html>"[..], b"<svgx>", b"<!-- <svg/>", b"svg"] {
            assert!(!is(bad, Kind::Svg));
        }
    }

    #[test]
    fn documents_are_known_by_what_is_in_them() {
        let word = [b"PK\x03\x04".as_slice(), &vec![1; 40_000], b"word/document.xml"].concat();
        assert!(is(&word, Kind::Docx) && is(&word, Kind::Zip) && !is(&word, Kind::Xlsx));
        let old: Vec<u8> = "Workbook".bytes().flat_map(|byte| [byte, 0]).collect();
        let old = [OLE, &vec![1; 70_000], &old].concat();
        assert!(is(&old, Kind::Xls) && !is(&old, Kind::Doc));
        assert!(!is(OLE, Kind::Doc), "an installer is packed like this, too");
        let mime = b"mimetypeapplication/vnd.oasis.opendocument.text";
        let odt = [b"PK\x03\x04\x14\0\0\x08\0\0".as_slice(), &[0; 20], mime, b"PK"].concat();
        assert!(is(&odt, Kind::Odt));
    }
}
