//! A linear model as a file: a header, then what is not zero, in bytes.

use crate::bytes::{Malformed, Reader, Writer};
use crate::features::Features;

use super::LinearModel;
use super::linear::{Idf, columns};

/// What a model is and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Provenance {
    /// Its name.
    pub name: String,
    /// Its version; another one with every training that is shipped.
    pub version: u32,
    /// The hash of the data that it was trained from, in hexadecimal digits.
    pub data: String,
}

const MAGIC: &[u8; 4] = b"LDGM";
const FORMAT: u8 = 2;
/// The first format: it knows no fading.
const WITHOUT_FADING: u8 = 1;
const MAX_CLASSES: usize = 256;
const IDF_STEP: f32 = 16.0;

impl LinearModel {
    /// The model as bytes; weights as 255 steps of their column's largest.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer(MAGIC.to_vec());
        out.byte(FORMAT);
        out.text(&self.provenance.name);
        out.number(u64::from(self.provenance.version));
        out.text(&self.provenance.data);
        write_features(&self.features, &mut out);
        out.number(self.labels.len() as u64);
        self.labels.iter().for_each(|label| out.text(label));
        out.number(self.thresholds.len() as u64);
        self.thresholds.iter().for_each(|threshold| out.float(*threshold));
        self.bias.iter().for_each(|bias| out.float(*bias));
        self.write_weights(&mut out);
        out.0
    }

    fn write_weights(&self, out: &mut Writer) {
        let columns = self.columns();
        let steps: Vec<f32> = (0..columns)
            .map(|column| {
                self.weights
                    .iter()
                    .skip(column)
                    .step_by(columns)
                    .fold(0.0_f32, |most, weight| most.max(weight.abs()))
            })
            .map(|most| if most > 0.0 { most / 127.0 } else { 1.0 })
            .collect();
        for step in &steps {
            out.float(*step);
        }
        let live: Vec<usize> = (0..self.idf.0.len()).filter(|bucket| self.idf.0[*bucket] > 0.0).collect();
        out.number(live.len() as u64);
        let mut next = 0;
        for bucket in live {
            out.number((bucket - next) as u64);
            next = bucket + 1;
            out.byte((self.idf.0[bucket] * IDF_STEP).round().clamp(1.0, 255.0) as u8);
            for (column, step) in steps.iter().enumerate() {
                let weight = (self.weights[bucket * columns + column] / step).round().clamp(-127.0, 127.0);
                out.byte((weight as i8).cast_unsigned());
            }
        }
    }

    /// The model that `bytes` are.
    ///
    /// # Errors
    /// If they are not what [`to_bytes`](Self::to_bytes) gives.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut bytes = Reader(bytes);
        let model = Self::read(&mut bytes)?;
        if bytes.0.is_empty() { Ok(model) } else { Err(Malformed::Damaged("something behind the end")) }
    }

    /// Reads a model from the front of `bytes`.
    pub(crate) fn read(bytes: &mut Reader<'_>) -> Result<Self, Malformed> {
        if bytes.bytes(MAGIC.len())? != MAGIC {
            return Err(Malformed::NoModel);
        }
        let format = bytes.byte()?;
        if format != FORMAT && format != WITHOUT_FADING {
            return Err(Malformed::UnknownFormat(format));
        }
        let name = bytes.text()?;
        let version = u32::try_from(bytes.number()?).map_err(|_| Malformed::Damaged("the version"))?;
        let provenance = Provenance { name, version, data: bytes.text()? };
        let features = read_features(bytes, format)?;
        let classes = bytes.count(MAX_CLASSES)?;
        if classes < 2 {
            return Err(Malformed::Damaged("the classes"));
        }
        let labels = (0..classes).map(|_| bytes.text()).collect::<Result<_, _>>()?;
        let count = bytes.count(MAX_CLASSES)?;
        let thresholds = (0..count).map(|_| bytes.float()).collect::<Result<_, _>>()?;
        let bias = (0..columns(classes)).map(|_| bytes.float()).collect::<Result<_, _>>()?;
        let (idf, weights) = read_weights(bytes, features.buckets(), columns(classes))?;
        Ok(Self { provenance, features, labels, idf, weights, bias, thresholds })
    }
}

fn read_weights(
    bytes: &mut Reader<'_>,
    buckets: usize,
    columns: usize,
) -> Result<(Idf, Vec<f32>), Malformed> {
    let steps: Vec<f32> = (0..columns).map(|_| bytes.float()).collect::<Result<_, _>>()?;
    let live = bytes.count(buckets)?;
    if bytes.0.len() < live * (columns + 2) {
        return Err(Malformed::CutOff);
    }
    let mut idf = vec![0.0; buckets];
    let mut weights = vec![0.0; buckets * columns];
    let mut next = 0;
    for _ in 0..live {
        let bucket = next + bytes.count(buckets)?;
        if bucket >= buckets {
            return Err(Malformed::Damaged("a bucket"));
        }
        next = bucket + 1;
        idf[bucket] = f32::from(bytes.byte()?.max(1)) / IDF_STEP;
        for (column, step) in steps.iter().enumerate() {
            weights[bucket * columns + column] = f32::from(bytes.byte()?.cast_signed()) * step;
        }
    }
    Ok((Idf(idf), weights))
}

fn write_features(features: &Features, out: &mut Writer) {
    out.byte(features.bits);
    out.byte(features.words);
    out.byte(features.chars.0);
    out.byte(features.chars.1);
    out.float(features.char_weight);
    let flags = [features.topical, features.unmasks, features.shapes];
    out.byte(flags.iter().enumerate().map(|(bit, flag)| u8::from(*flag) << bit).sum());
    out.byte(features.fade);
}

fn read_features(bytes: &mut Reader<'_>, format: u8) -> Result<Features, Malformed> {
    let (bits, words) = (bytes.byte()?, bytes.byte()?);
    let chars = (bytes.byte()?, bytes.byte()?);
    let char_weight = bytes.float()?;
    let flags = bytes.byte()?;
    let fade = if format == WITHOUT_FADING { 0 } else { bytes.byte()? };
    if !(10..=20).contains(&bits) || words > 4 || chars.1 > 8 || chars.0 > chars.1 || flags > 7 {
        return Err(Malformed::Damaged("the features"));
    }
    let flag = |bit: u8| flags & (1 << bit) != 0;
    let (topical, unmasks, shapes) = (flag(0), flag(1), flag(2));
    Ok(Features { bits, words, chars, char_weight, topical, unmasks, shapes, fade })
}
