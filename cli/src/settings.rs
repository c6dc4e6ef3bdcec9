//! `settings`: what all Workers are set up with is written once, in the edge Worker's wrangler.toml; the others have a copy.

use std::path::Path;

use airlock::ports::Fault;

use crate::deploy::{EDGE, WORKERS, read, write};

/// The lines that the shared part begins and ends with begin so.
const BEGINS: &str = "\n# >>> Shared";
const ENDS: &str = "\n# <<< Shared";

/// Copies what all Workers share from wrangler.toml into the other Workers' files.
///
/// # Errors
/// A file cannot be read or written, or has no shared part.
pub fn run() -> Result<String, Fault> {
    Ok(match copy(Path::new("."))?.as_slice() {
        [] => format!("Every Worker has the settings of {EDGE}."),
        [file] => format!("{file} now has the settings of {EDGE}."),
        files => format!("{} now have the settings of {EDGE}.", files.join(" and ")),
    })
}

/// Copies it where a file does not have it yet. Those files.
///
/// # Errors
/// As [`run`].
pub fn copy(folder: &Path) -> Result<Vec<&'static str>, Fault> {
    let source = read(folder, EDGE)?;
    let Parts { shared, .. } = parts(&source, EDGE)?;
    let mut changed = Vec::new();
    for file in WORKERS.iter().map(|spec| spec.file).filter(|file| *file != EDGE) {
        let text = read(folder, file)?;
        let Parts { before, after, .. } = parts(&text, file)?;
        let new = [before, BEGINS, shared, ENDS, after].concat();
        if new != text {
            write(folder, file, &new, 0o644)?;
            changed.push(file);
        }
    }
    Ok(changed)
}

/// A wrangler.toml around its shared part.
struct Parts<'a> {
    before: &'a str,
    shared: &'a str,
    after: &'a str,
}

fn parts<'a>(text: &'a str, file: &str) -> Result<Parts<'a>, Fault> {
    let parts = text.split_once(BEGINS).and_then(|(before, rest)| {
        let (shared, after) = rest.split_once(ENDS)?;
        Some(Parts { before, shared, after })
    });
    let [begins, ends] = [BEGINS, ENDS].map(str::trim_start);
    parts.ok_or_else(|| Fault::new(format_args!("{file}: no lines from `{begins}` to `{ends}`")))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::deploy::cloud::Cloud;

    const OTHERS: [&str; 2] = ["jobs/wrangler.toml", "admin/wrangler.toml"];

    #[test]
    fn a_change_in_the_one_file_reaches_the_others_and_nothing_else_of_them() {
        let cloud = Cloud::new();
        assert_eq!(copy(&cloud.folder).unwrap(), [""; 0], "they have it");
        let before = OTHERS.map(|file| cloud.file(file));
        cloud.edit(EDGE, "https://app.acme.test\"", "https://new.acme.test\" # moved");
        assert_eq!(copy(&cloud.folder).unwrap(), OTHERS);
        for (file, before) in OTHERS.into_iter().zip(before) {
            assert_eq!(cloud.file(file), before.replace("https://app.acme.test\"", "https://new.acme.test\" # moved"));
        }
        assert_eq!(copy(&cloud.folder).unwrap(), [""; 0], "once");
    }

    #[test]
    fn what_was_edited_in_a_copy_gives_way() {
        let cloud = Cloud::new();
        let before = OTHERS.map(|file| cloud.file(file));
        cloud.edit(OTHERS[0], "https://app.acme.test", "https://other.acme.test");
        assert_eq!(copy(&cloud.folder).unwrap(), [OTHERS[0]]);
        assert_eq!(OTHERS.map(|file| cloud.file(file)), before);
    }

    #[test]
    fn a_file_without_the_part_is_named_and_stays() {
        for file in [EDGE, OTHERS[1]] {
            let cloud = Cloud::new();
            cloud.edit(file, "# <<< Shared", "#");
            let before = cloud.file(file);
            let said = copy(&cloud.folder).unwrap_err().to_string();
            assert_eq!(said, format!("{file}: no lines from `# >>> Shared` to `# <<< Shared`"));
            assert_eq!(cloud.file(file), before);
        }
    }
}
