//! Model files, byte by byte: written compactly, read with mistrust.

/// Why bytes are no model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// They do not begin as a model does.
    #[error("this is no model of the engine")]
    NoModel,
    /// They are in a format that this program does not know.
    #[error("the model has the format {0}, which this program does not read")]
    UnknownFormat(u8),
    /// They end in the middle.
    #[error("the model is cut off")]
    CutOff,
    /// They hold something that cannot be.
    #[error("the model is damaged: {0}")]
    Damaged(&'static str),
}

/// Bytes that are being written.
#[derive(Debug, Default)]
pub(crate) struct Writer(pub(crate) Vec<u8>);

impl Writer {
    pub(crate) fn byte(&mut self, value: u8) {
        self.0.push(value);
    }

    /// A number, the smaller the shorter.
    pub(crate) fn number(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(u8::try_from(value & 0x7f).expect("7 bits") | 0x80);
            value >>= 7;
        }
        self.0.push(u8::try_from(value).expect("7 bits"));
    }

    pub(crate) fn float(&mut self, value: f32) {
        self.0.extend(value.to_le_bytes());
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.extend(text.as_bytes());
    }
}

/// Bytes that are being read.
#[derive(Debug)]
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn bytes(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Malformed::CutOff)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, Malformed> {
        Ok(self.bytes(1)?[0])
    }

    pub(crate) fn number(&mut self) -> Result<u64, Malformed> {
        let mut value = 0;
        for shift in (0..63).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(Malformed::Damaged("a number without end"))
    }

    /// A count of at most `limit`.
    pub(crate) fn count(&mut self, limit: usize) -> Result<usize, Malformed> {
        let count = usize::try_from(self.number()?).map_err(|_| Malformed::Damaged("a count"))?;
        if count > limit { Err(Malformed::Damaged("a count")) } else { Ok(count) }
    }

    /// A finite number.
    pub(crate) fn float(&mut self) -> Result<f32, Malformed> {
        let bytes = self.bytes(4)?.try_into().expect("four bytes");
        let value = f32::from_le_bytes(bytes);
        if value.is_finite() { Ok(value) } else { Err(Malformed::Damaged("a number that is none")) }
    }

    pub(crate) fn text(&mut self) -> Result<String, Malformed> {
        let count = self.count(MAX_TEXT)?;
        let bytes = self.bytes(count)?;
        String::from_utf8(bytes.to_vec()).map_err(|_| Malformed::Damaged("a text"))
    }
}

/// The longest label, name or other text of a model, in bytes.
const MAX_TEXT: usize = 4096;
