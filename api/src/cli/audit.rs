//! `ledgerdesk log key`, `head --signed`, `export` and `verify`: proving what the log says.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write as _};
use std::path::Path;

use anyhow::{Context as _, anyhow, ensure};
use infrastructure::audit::{PublicKey, SignedHead, Verified, verify_export};
use serde_json::json;

use super::args::{Export, Globals, Verify};
use super::failure::Failure;
use super::output::{Output, print_json, print_lines};
use super::site::{Site, Use};

/// Prints the public key that heads are checked with.
pub(crate) async fn key(site: &Site, output: Output) -> anyhow::Result<()> {
    let key = site.log().await?.audit().key();
    let shown = json!({ "algorithm": "Ed25519", "key_id": key.id(), "public_key": key.to_string() });
    output.result(&shown, || key.to_string())
}

/// Prints the signed head of the log as it is now.
pub(crate) async fn head(site: &Site) -> anyhow::Result<()> {
    let head = site.log().await?.audit().seal().await?;
    print_json(&head.ok_or_else(|| anyhow!("the log is empty: there is nothing to sign"))?)
}

/// Writes an export.
pub(crate) async fn export(site: &Site, args: &Export) -> anyhow::Result<()> {
    let audit = site.log().await?.audit();
    let (first, last) =
        audit.extent().await?.ok_or_else(|| anyhow!("the log is empty: there is nothing to export"))?;
    let (from, to) = (args.from.unwrap_or(first), args.to.unwrap_or(last));
    ensure!(from <= to, "--from {from} is behind --to {to}");
    ensure!(to <= last, "the log ends at position {last}; there is no {to}");
    let mut file = args.file.as_deref().map(create).transpose()?;
    let mut export = audit.export(from, args.to).await?;
    while let Some(lines) = export.next().await? {
        match &mut file {
            Some(file) => file.write_all(&lines).context("the export cannot be written")?,
            None => print_lines(&lines)?,
        }
    }
    if let Some(file) = &mut file {
        file.flush().context("the export cannot be written")?;
    }
    Ok(())
}

fn create(path: &Path) -> anyhow::Result<BufWriter<File>> {
    let file = File::create(path).with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(BufWriter::new(file))
}

/// Verifies an export or, without one, the log itself.
pub(crate) async fn verify(globals: &Globals, output: Output, args: &Verify) -> Result<(), Failure> {
    let heads: Vec<SignedHead> = args.heads.iter().map(|path| kept(path)).collect::<Result<_, _>>()?;
    let Some((file, key)) = args.file.as_deref().zip(args.key.as_deref()) else {
        return Site::visit(globals, Use::Reading, async |site| {
            let audit = site.log().await?.audit();
            let verified = audit.verify(&heads).await?;
            tell(output, &verified, audit.key())
        })
        .await;
    };
    let key = public_key(key)?;
    let open = File::open(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let verified = verify_export(BufReader::new(open), &key, &heads);
    let verified = verified.with_context(|| format!("{} cannot be read", file.display()))?;
    Ok(tell(output, &verified, key)?)
}

/// Says what was found: one line, and success only if nothing is wrong.
fn tell(output: Output, verified: &Verified, key: PublicKey) -> anyhow::Result<()> {
    let Verified { events, heads, head, fault, .. } = verified;
    if let Some(fault) = fault {
        output.json(&json!({
            "ok": false, "position": fault.position, "until": fault.until, "line": fault.line, "what": fault.what,
        }))?;
        return Err(anyhow!("{fault}"));
    }
    let shown = json!({ "ok": true, "events": events, "heads": heads, "head": head, "key_id": key.id() });
    output.result(&shown, || {
        let signed = head.as_ref().map_or_else(
            || "no signed head".to_owned(),
            |head| {
                let root = infrastructure::audit::text::to_hex(&head.root);
                format!("signed heads {heads}, root {root} at {}", head.size)
            },
        );
        format!("good: events to {events}, {signed}, key {}", key.id())
    })
}

/// The head in the file at `path`.
fn kept(path: &Path) -> anyhow::Result<SignedHead> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    serde_json::from_str(&text).map_err(|_| anyhow!("{} holds no signed head", path.display()))
}

/// The key that `text` is, or that the file of that name holds: its digits, or what `/audit/key` answered.
fn public_key(text: &str) -> Result<PublicKey, Failure> {
    if let Some(key) = PublicKey::parse(text) {
        return Ok(key);
    }
    let no_key =
        || Failure::usage("--key is neither a public key of 64 hexadecimal digits nor a file with one");
    let held = std::fs::read_to_string(text).map_err(|_| no_key())?;
    let named = || {
        serde_json::from_str::<serde_json::Value>(&held).ok()?["public_key"]
            .as_str()
            .and_then(PublicKey::parse)
    };
    PublicKey::parse(&held).or_else(named).ok_or_else(no_key)
}
