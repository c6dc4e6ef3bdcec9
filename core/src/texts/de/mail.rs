//! German: mails.

use super::TEXTS;
use crate::texts::MailTexts;

pub(in crate::texts) static MAIL: MailTexts = MailTexts {
    button_fails: "Wenn sich beim Klick nichts tut, öffnen Sie diese Adresse:",
    not_expected: "Sie haben damit nicht gerechnet? Dann ignorieren Sie diese E-Mail einfach, es passiert nichts.",
    test_subject: "Ihre Test-E-Mail ist angekommen",
    test_arrives: "E-Mails von hier erreichen diese Adresse. Mehr ist nicht zu tun.",
    join: "Beitreten",
    forgot_ignore: "Das waren nicht Sie? Ignorieren Sie diese E-Mail: Nichts wurde geändert, und Ihr Passwort gilt weiter.",
    changed_ends: "Sie wurden überall abgemeldet, und Ihre API-Tokens sind beendet. Haben Sie die Zwei-Faktor-Anmeldung, ist sie wie zuvor.",
    changed_not_you: "Das waren nicht Sie? Dann liest jemand Ihre E-Mails mit. Ändern Sie zuerst das Passwort Ihres Postfachs und legen Sie dann hier ein neues fest.",
    email_confirm: "Neue Adresse bestätigen",
    email_undo: "Änderung rückgängig machen",
    email_changed_not_you: "Das waren nicht Sie? Machen Sie es rückgängig: Alle werden aus Ihrem Konto abgemeldet, und Sie legen ein neues Passwort fest.",
    email_changed_you: "Das waren Sie? Dann ist nichts zu tun.",
    forgot_subject: |site| format!("Neues Passwort für {site}"),
    forgot_asked: |site| format!("Jemand möchte auf {site} ein neues Passwort für Ihre Anmeldung festlegen."),
    when_where: |at, from| format!("Wann: {at}. Von wo: {from}."),
    changed_subject: |site| format!("Sie haben ein neues Passwort auf {site}"),
    changed: |site| {
        format!(
            "Ein neues Passwort für Ihre Anmeldung auf {site} wurde mit einem Link festgelegt, den Sie per E-Mail bekommen haben."
        )
    },
    invitation_subject: |account| format!("Ihre Einladung zu {account}"),
    invited: |by, account, site| format!("{by} hat Sie eingeladen, {account} auf {site} beizutreten."),
    joins_until: |until| format!("Der Link gilt einmal, bis {until}."),
    works_for: |address| {
        format!(
            "Er ist nur für {address}: Wer ihn hat, kann in Ihrem Namen beitreten. Geben Sie ihn also nicht weiter."
        )
    },
    email_subject: |site| format!("Bestätigen Sie Ihre neue E-Mail-Adresse für {site}"),
    email_asked: |site| format!("Jemand möchte sich von nun an mit dieser Adresse auf {site} anmelden."),
    email_changed_subject: |site| format!("Ihre E-Mail-Adresse für {site} wurde geändert"),
    email_changed: |site| {
        format!("Mit dieser Adresse melden Sie sich nicht mehr auf {site} an: Ihre Anmeldung hat jetzt eine andere.")
    },
    everywhere: &TEXTS,
};
