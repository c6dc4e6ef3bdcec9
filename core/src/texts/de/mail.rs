//! German: mails.

use super::TEXTS;
use crate::{
    mail::Notice,
    texts::{MailTexts, Table, Told},
};

pub(in crate::texts) static MAIL: MailTexts = MailTexts {
    button_fails: "Wenn sich beim Klick nichts tut, öffnen Sie diese Adresse:",
    not_expected: "Sie haben damit nicht gerechnet? Dann ignorieren Sie diese E-Mail einfach, es passiert nichts.",
    test_subject: "Ihre Test-E-Mail ist angekommen",
    test_arrives: "E-Mails von hier erreichen diese Adresse. Mehr ist nicht zu tun.",
    join: "Beitreten",
    forgot_ignore: "Das waren nicht Sie? Ignorieren Sie diese E-Mail: Nichts wurde geändert, und Ihr Passwort gilt weiter.",
    changed_not_you: "Das waren nicht Sie? Dann liest jemand Ihre E-Mails mit. Ändern Sie zuerst das Passwort Ihres Postfachs und legen Sie dann hier ein neues fest.",
    email_confirm: "Neue Adresse bestätigen",
    email_undo: "Änderung rückgängig machen",
    email_changed_not_you: "Das waren nicht Sie? Machen Sie es rückgängig: Alle werden aus Ihrem Konto abgemeldet, und Sie legen ein neues Passwort fest.",
    email_changed_you: "Das waren Sie? Dann ist nichts zu tun.",
    starts_needs: "Sie haben sie noch nicht eingerichtet. Sie brauchen dazu ein Telefon mit einer Authenticator-App und scannen einen Code.",
    starts_later: "Wenn Sie bis dahin warten, richten Sie sie bei der nächsten Anmeldung ein, bevor Sie irgendetwas anderes tun können.",
    not_me: "Das war ich nicht",
    not_me_does: "Der Knopf meldet Sie überall ab, und Ihr Passwort gilt nicht mehr, bis Sie ein neues festlegen. Er wirkt 72 Stunden lang.",
    was_you: "Waren Sie das selbst, ist nichts zu tun.",
    ask_admin_why: "Wissen Sie nicht, warum, fragen Sie dort nach.",
    make_new_codes: "Erstellen Sie neue in Ihrem Profil, bevor sie ausgehen.",
    forgot_subject: "Neues Passwort für {site}",
    forgot_asked: "Jemand möchte auf {site} ein neues Passwort für Ihre Anmeldung festlegen.",
    when: "Wann: {at}.",
    from: "Von wo: {from}.",
    invitation_subject: "Ihre Einladung zu {account}",
    starts_subject: "{account} schreibt ab dem {day} die Zwei-Faktor-Anmeldung vor",
    starts: "Ab dem {day} brauchen Sie für die Anmeldung bei {account} auf {site} außer dem Passwort einen Code aus einer App auf Ihrem Telefon.",
    invited: "{by} hat Sie eingeladen, {account} auf {site} beizutreten.",
    joins_until: "Der Link gilt einmal, bis {until}.",
    works_for: "Er ist nur für {address}: Wer ihn hat, kann in Ihrem Namen beitreten. Geben Sie ihn also nicht weiter.",
    email_subject: "Bestätigen Sie Ihre neue E-Mail-Adresse für {site}",
    email_asked: "Jemand möchte sich von nun an mit dieser Adresse auf {site} anmelden.",
    email_changed_subject: "Ihre E-Mail-Adresse für {site} wurde geändert",
    email_changed: "Mit dieser Adresse melden Sie sich nicht mehr auf {site} an: Ihre Anmeldung hat jetzt eine andere.",
    notices: Table::Written(notice),
    everywhere: &TEXTS,
};

/// What a notice is about, and what it says. In braces what is filled in: the `site`, the `account`, whoever it was done `by`, `who` it
/// was done to, and their `role`.
fn notice(notice: Notice) -> Told {
    use Notice as N;
    match notice {
        N::NewBrowser => (
            "Neue Anmeldung auf {site}",
            "Jemand hat sich auf {site} mit Ihrer Anmeldung angemeldet, in einem Browser, den wir noch nicht kennen.",
        ),
        N::Unfinished => (
            "Jemand kennt Ihr Passwort für {site}",
            "Auf {site} wurde Ihr Passwort eingegeben, danach aber kein gültiger Code. Waren das nicht Sie, kennt jemand Ihr Passwort, und die Zwei-Faktor-Anmeldung hat ihn aufgehalten.",
        ),
        N::Added => (
            "Authenticator auf {site} eingerichtet",
            "Für Ihre Anmeldung auf {site} wurde eine Authenticator-App eingerichtet. Mit ihren Codes kann man sich als Sie anmelden.",
        ),
        N::Replaced => (
            "Ihr Authenticator auf {site} wurde ersetzt",
            "Eine neue Authenticator-App ist an die Stelle Ihrer bisherigen auf {site} getreten. Die alte funktioniert nicht mehr.",
        ),
        N::Removed => (
            "Ein Authenticator auf {site} wurde entfernt",
            "Eine Authenticator-App wurde von Ihrer Anmeldung auf {site} entfernt. Ihre Codes gelten nicht mehr.",
        ),
        N::TurnedOn => (
            "Zwei-Faktor-Anmeldung auf {site} eingeschaltet",
            "Ab jetzt werden Sie bei jeder Anmeldung auf {site} nach einem Code gefragt.",
        ),
        N::TurnedOff => (
            "Zwei-Faktor-Anmeldung auf {site} ausgeschaltet",
            "Die Zwei-Faktor-Anmeldung wurde für Ihre Anmeldung auf {site} ausgeschaltet. Jetzt genügt das Passwort.",
        ),
        N::Reset => (
            "Ihre Zwei-Faktor-Anmeldung auf {site} wurde zurückgesetzt",
            "{by} hat Ihre Zwei-Faktor-Anmeldung auf {site} zurückgesetzt. Bei der nächsten Anmeldung richten Sie sie neu ein.",
        ),
        N::BreakGlass => (
            "Ihre Zwei-Faktor-Anmeldung auf {site} wurde zurückgesetzt",
            "Der Betreiber von {site} hat Ihre Zwei-Faktor-Anmeldung zurückgesetzt. Bei der nächsten Anmeldung richten Sie sie neu ein.",
        ),
        N::CodesMade => (
            "Neue Wiederherstellungscodes für {site}",
            "Für Ihre Anmeldung auf {site} wurden neue Wiederherstellungscodes erstellt. Die alten gelten nicht mehr.",
        ),
        N::CodeUsed => (
            "Wiederherstellungscode auf {site} verwendet",
            "Einer Ihrer Wiederherstellungscodes wurde auf {site} verwendet.",
        ),
        N::PasswordChanged => {
            ("Ihr Passwort für {site} wurde geändert", "Das Passwort Ihrer Anmeldung auf {site} wurde geändert.")
        }
        N::PasswordReset => (
            "Sie haben ein neues Passwort auf {site}",
            "Ein neues Passwort für Ihre Anmeldung auf {site} wurde mit einem Link festgelegt, den Sie per E-Mail bekommen haben. Sie wurden überall abgemeldet, und Ihre API-Tokens gelten nicht mehr. War die Zwei-Faktor-Anmeldung eingeschaltet, ist sie es weiterhin.",
        ),
        N::Stopped => (
            "Ihr Passwort für {site} gilt nicht mehr",
            "In einer Nachricht an Sie wurde „Das war ich nicht“ gedrückt. Sie wurden auf {site} überall abgemeldet, Ihre API-Tokens sind beendet, und Ihr Passwort gilt nicht mehr. Legen Sie ein neues fest, um sich wieder anzumelden.",
        ),
        N::Restored => {
            ("Ihr Passwort für {site} gilt wieder", "{by} hat Ihr Passwort für {site} wieder gültig gemacht.")
        }
        N::Role => (
            "Ihre Rolle in {account} hat sich geändert",
            "{by} hat Ihre Rolle in {account} auf {site} geändert. Sie ist jetzt: {role}.",
        ),
        N::Deactivated => {
            ("Sie können {account} vorerst nicht nutzen", "{by} hat Sie in {account} auf {site} deaktiviert.")
        }
        N::Activated => {
            ("Sie können {account} wieder nutzen", "{by} hat Sie in {account} auf {site} wieder aktiviert.")
        }
        N::Left => ("Sie sind nicht mehr Mitglied von {account}", "{by} hat Sie aus {account} auf {site} entfernt."),
        N::Exempted => (
            "{account} verlangt von Ihnen bis zum {day} keine Zwei-Faktor-Anmeldung",
            "{by} hat Sie in {account} auf {site} ausgenommen: Bis zum {day} genügt zur Anmeldung Ihr Passwort. Danach richten Sie die Zwei-Faktor-Anmeldung bei der nächsten Anmeldung ein.",
        ),
        N::ExemptionEnded => (
            "Ihre Ausnahme in {account} ist beendet",
            "{by} hat sie beendet. Falls {account} auf {site} die Zwei-Faktor-Anmeldung vorschreibt, richten Sie sie bei der nächsten Anmeldung ein.",
        ),
        N::Required => (
            "{account} verlangt jetzt die Zwei-Faktor-Anmeldung",
            "{by} hat die Pflicht für alle in {account} auf {site} eingeschaltet.",
        ),
        N::RequiredFrom => (
            "{account} schreibt die Zwei-Faktor-Anmeldung ab dem {day} vor",
            "{by} hat den Tag festgelegt: Ab dem {day} brauchen alle in {account} auf {site} die Zwei-Faktor-Anmeldung. Mitglieder, die sie noch nicht eingerichtet haben, erfahren davon.",
        ),
        N::NotRequired => (
            "{account} verlangt die Zwei-Faktor-Anmeldung nicht mehr",
            "{by} hat die Pflicht für alle in {account} auf {site} ausgeschaltet. Wer sie nicht selbst eingeschaltet hat, meldet sich nur mit dem Passwort an.",
        ),
        N::ManyFailures => (
            "Viele falsche Codes für {who}",
            "Für {who}, Mitglied von {account} auf {site}, gab es innerhalb von 30 Tagen zehn falsche Codes. Wann und von wo, steht im Protokoll.",
        ),
        N::MemberBreakGlass => (
            "Zwei-Faktor-Anmeldung von {who} zurückgesetzt",
            "Der Betreiber von {site} hat die Zwei-Faktor-Anmeldung von {who}, Mitglied von {account}, zurückgesetzt.",
        ),
        N::MemberStopped => (
            "{who} meldet: „Das war ich nicht“",
            "In einer Nachricht an {who}, Mitglied von {account} auf {site}, wurde „Das war ich nicht“ gedrückt. Die Sitzungen und API-Tokens sind beendet, und das Passwort gilt nicht mehr, bis per E-Mail ein neues festgelegt ist. Fragen Sie nach, was passiert ist: War es ein Versehen, können Sie das Passwort wieder gültig machen.",
        ),
        N::AddressBack => (
            "{who} hat eine Adressänderung rückgängig gemacht",
            "Die E-Mail-Adresse von {who}, Mitglied von {account} auf {site}, wurde geändert, und {who} hat das aus dem alten Postfach rückgängig gemacht. Vielleicht hat jemand anderes die Anmeldung benutzt: Die Sitzungen und API-Tokens sind beendet, und ein neues Passwort wird festgelegt. Fragen Sie nach, was passiert ist. Wenn auch die Authenticator-App einer anderen Person gehören könnte, setzen Sie sie zurück.",
        ),
    }
}
