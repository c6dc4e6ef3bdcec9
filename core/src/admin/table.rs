//! Tables to take away (RFC 4180), in parts: each in memory of its own size, and with the address of the next.

use crate::web::Response;

/// Rows in one table; the next one goes on after them.
pub const ROWS: i64 = 5_000;

/// A table, and where the next one is.
pub fn response(lines: String, name: &str, next: Option<String>) -> Response {
    let response = Response { body: lines, ..Response::empty(200) }
        .with("content-type", "text/csv; charset=utf-8")
        .with("content-disposition", format!("attachment; filename=\"{name}.csv\""));
    match next {
        Some(next) => response.with("link", format!("<{next}>; rel=\"next\"")),
        None => response,
    }
}

/// The address of a table whose query has this cursor in place of its own.
pub fn path_of_next(path: &str, query: &str, next: &str) -> String {
    let others = query.split('&').filter(|field| !field.is_empty() && !field.starts_with("cursor="));
    let fields: Vec<_> = others.map(str::to_owned).chain([format!("cursor={next}")]).collect();
    format!("{path}?{}", fields.join("&"))
}

/// A cell that is text to every program: none takes it for a formula.
pub fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let guard = if formula { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for (text, written) in [
            ("mia@acme.test", "\"mia@acme.test\""),
            ("=1+1", "\"'=1+1\""),
            ("+49 30", "\"'+49 30\""),
            ("-x@acme.test", "\"'-x@acme.test\""),
            ("@cmd", "\"'@cmd\""),
            ("＝1", "\"'＝1\""),
            ("\t=1", "\"'\t=1\""),
            ("Mia \"M\", Marín", "\"Mia \"\"M\"\", Marín\""),
            ("", "\"\""),
        ] {
            assert_eq!(cell(text), written);
        }
    }
}
