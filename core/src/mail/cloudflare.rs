//! What Cloudflare's own binding for mails says of one that it did not take.

use crate::ports::Delivery;

/// What to make of the code of what it threw, if that has one. Cloudflare lists them under "Error codes" of Email Service's
/// Workers API.
pub fn thrown(code: Option<&str>) -> Delivery {
    let Some(code) = code.filter(|code| known(code)) else {
        return Delivery::Unanswered("an error that EMAIL does not explain".to_owned());
    };
    let why = format!("{code} of EMAIL");
    match code {
        // Of this mail or of whom it is for: the next attempt would end alike.
        "E_RECIPIENT_SUPPRESSED" | "E_VALIDATION_ERROR" | "E_CONTENT_TOO_LARGE" => Delivery::Refused(why),
        // Limits that end, and what the operator can set right: the domain that mails are from, whom the plan or the binding
        // lets them be for, and the headers of this release.
        code if LATER.contains(&code) || code.starts_with("E_HEADER") => Delivery::NotYet(why),
        // Of what went wrong on the way it does not say whether it would again, nor how far it came.
        _ => Delivery::Unanswered(why),
    }
}

const LATER: [&str; 6] = [
    "E_RATE_LIMIT_EXCEEDED",
    "E_DAILY_LIMIT_EXCEEDED",
    "E_SENDER_NOT_VERIFIED",
    "E_SENDER_DOMAIN_NOT_AVAILABLE",
    "E_RECIPIENT_NOT_ALLOWED",
    "E_FIELD_MISSING",
];

/// Whether it is spelled like a code: nothing else of what was thrown is repeated.
fn known(code: &str) -> bool {
    code.starts_with("E_") && code.len() < 40 && code.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_says_whether_to_try_again() {
        let told = |code| match thrown(code) {
            Delivery::Taken => ("taken", String::new()),
            Delivery::Refused(why) => ("refused", why),
            Delivery::NotYet(why) => ("not yet", why),
            Delivery::Unanswered(why) => ("unanswered", why),
        };
        for (code, fate) in [
            ("E_RATE_LIMIT_EXCEEDED", "not yet"),
            ("E_DAILY_LIMIT_EXCEEDED", "not yet"),
            ("E_SENDER_NOT_VERIFIED", "not yet"),
            ("E_SENDER_DOMAIN_NOT_AVAILABLE", "not yet"),
            ("E_RECIPIENT_NOT_ALLOWED", "not yet"),
            ("E_HEADER_NOT_ALLOWED", "not yet"),
            ("E_HEADERS_TOO_MANY", "not yet"),
            ("E_RECIPIENT_SUPPRESSED", "refused"),
            ("E_VALIDATION_ERROR", "refused"),
            ("E_CONTENT_TOO_LARGE", "refused"),
            ("E_DELIVERY_FAILED", "unanswered"),
            ("E_INTERNAL_SERVER_ERROR", "unanswered"),
            ("E_OF_NEXT_YEAR", "unanswered"),
        ] {
            assert_eq!(told(Some(code)), (fate, format!("{code} of EMAIL")));
        }
        for code in [None, Some(""), Some("10005"), Some("E_mia@acme.test"), Some("E_X to mia@acme.test")] {
            assert_eq!(told(code), ("unanswered", "an error that EMAIL does not explain".to_owned()));
        }
    }
}
