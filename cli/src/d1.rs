//! D1 through `wrangler d1 execute`. Wrangler takes no bound values, so they are written into the SQL here, and only here.

use std::{fmt::Write, process::Command};

use airlock::ports::{Fault, Statement, Value};

/// The local database whose state is in `folder`.
pub struct Local {
    /// Wrangler's `--persist-to`.
    pub folder: String,
}

impl Local {
    /// Runs the statements. Wrangler runs a file as one transaction.
    ///
    /// # Errors
    /// Wrangler cannot be started, or refuses.
    pub fn execute(&self, statements: &[Statement]) -> Result<(), Fault> {
        let file = std::env::temp_dir().join(format!("airlock-{}.sql", std::process::id()));
        let sql: String = statements.iter().map(|statement| literal(statement) + ";\n").collect();
        std::fs::write(&file, sql).map_err(Fault::new)?;
        let output = Command::new("wrangler")
            .args(["d1", "execute", "airlock", "--local", "--yes", "--persist-to", &self.folder, "--file"])
            .arg(&file)
            .output();
        std::fs::remove_file(&file).map_err(Fault::new)?;
        let output = output.map_err(|e| Fault::new(format_args!("wrangler: {e}")))?;
        match output.status.success() {
            true => Ok(()),
            false => Err(Fault::new(String::from_utf8_lossy(&output.stderr))),
        }
    }
}

/// The statement with its values in place of `?1`, `?2`, ….
fn literal(statement: &Statement) -> String {
    let mut out = String::new();
    let mut rest = statement.sql;
    while let Some((before, after)) = rest.split_once('?') {
        out.push_str(before);
        let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        let (number, tail) = after.split_at(digits);
        let value = number.parse::<usize>().ok().and_then(|n| statement.params.get(n.checked_sub(1)?));
        match value {
            Some(Value::Integer(number)) => {
                let _ = write!(out, "{number}");
            }
            // In hexadecimal, so that no character of a text can end it.
            Some(Value::Text(text)) => {
                let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
                let _ = write!(out, "CAST(x'{hex}' AS TEXT)");
            }
            Some(Value::Null) | None => out.push_str("NULL"),
        }
        rest = tail;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_its_literal() {
        let statement = Statement { sql: "SELECT ?2, ?1, ?10", params: vec![Value::from("a'); DROP"), Value::from(7)] };
        assert_eq!(literal(&statement), "SELECT 7, CAST(x'6127293b2044524f50' AS TEXT), NULL");
    }
}
