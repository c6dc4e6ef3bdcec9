//! German.

mod admin;
mod edge;
mod mail;
mod problems;

pub(super) use admin::ADMIN;
pub(super) use edge::EDGE;
pub(super) use mail::MAIL;

use super::{Language, Table, Texts};
use problems::problem;

pub(super) static TEXTS: Texts = Texts {
    written_in: Language::De,
    // Every page.
    error: "Fehler",
    done_title: "Erledigt",
    skip: "Zum Inhalt",
    admin: "Verwaltung",
    language: "Sprache",
    start_page: "Zur Startseite",
    // Words that come up on several.
    account: "Organisation",
    cancel: "Abbrechen",
    continue_: "Weiter",
    copy: "Kopieren",
    done: "Fertig",
    download: "Herunterladen",
    email: "E-Mail-Adresse",
    locked: "Gesperrt",
    name: "Name",
    next_try: "Nächster Versuch:",
    new_password: "Neues Passwort",
    on: "Aktiv",
    password: "Passwort",
    password_hint: "Mindestens 15 Zeichen. Vier oder fünf Wörter, die nichts miteinander zu tun haben, sind leicht \
                    zu merken und schwer zu erraten.",
    print: "Drucken",
    profile: "Profil",
    recovery_code: "Wiederherstellungscode",
    recovery_codes: "Wiederherstellungscodes",
    remove: "Entfernen",
    role: "Rolle",
    save: "Speichern",
    search: "Suchen",
    show: "Anzeigen",
    sign_in: "Anmelden",
    sign_in_again: "Noch einmal anmelden",
    sign_out: "Abmelden",
    sign_out_here: "Sie werden in diesem Browser von dieser Website abgemeldet.",
    six_digit_code: "Sechsstelliger Code",
    try_again: "Noch einmal versuchen",
    try_again_now: "Sie können es jetzt noch einmal versuchen.",
    turn_on: "Zwei-Faktor-Anmeldung einschalten",
    two_factor: "Zwei-Faktor-Anmeldung",
    role_member: "Mitglied",
    role_admin: "Admin",
    role_owner: "Inhaber",
    // Signing in.
    enter_code: "Code eingeben",
    whole_code: "Er wird gesendet, sobald alle sechs Ziffern eingegeben sind.",
    use_recovery_code_instead: "Stattdessen einen Wiederherstellungscode verwenden",
    someone_else: "Mit anderem Konto anmelden",
    use_recovery_code: "Wiederherstellungscode verwenden",
    recovery_hint: "Einer der zehn Codes, die Sie beim Einrichten der Zwei-Faktor-Anmeldung gespeichert haben. Jeder \
                    gilt einmal. Groß- und Kleinschreibung und Bindestriche spielen keine Rolle.",
    use_app: "Stattdessen die Authenticator-App verwenden",
    no_codes_left: "Keine Codes mehr? Bitten Sie einen Admin Ihrer Organisation, Ihre Zwei-Faktor-Anmeldung \
                    zurückzusetzen.",
    confirm_it_is_you: "Identität bestätigen",
    reauth: "Geben Sie zum Fortfahren Ihr Passwort ein. Danach fragen wir fünf Minuten lang nicht mehr.",
    reauth_code: "Geben Sie zum Fortfahren Ihr Passwort und einen Code ein. Danach fragen wir fünf Minuten lang \
                  nicht mehr.",
    remove_authenticator: "Authenticator-App entfernen",
    end_session: "Andere Sitzung abmelden",
    next_is: "Als Nächstes:",
    reauth_code_hint: "Aus Ihrer Authenticator-App. Ein Wiederherstellungscode geht auch.",
    reauth_locked_hint: "Ihre Authenticator-App ist nach zu vielen falschen Codes gesperrt. Geben Sie einen \
                         Wiederherstellungscode ein.",
    why_time: "Sie haben innerhalb von fünf Minuten nach dem Passwort keinen Code eingegeben. Melden Sie sich noch \
               einmal an.",
    why_ended: "Sie wurden abgemeldet. Melden Sie sich an, um fortzufahren.",
    why_unsaved: "Sie waren schon abgemeldet, deshalb wurde nichts gespeichert. Melden Sie sich an und versuchen Sie es noch einmal.",
    why_signed_out: "Sie sind abgemeldet.",
    // Setting up.
    authenticator_app: "Authenticator-App",
    set_up: "Zwei-Faktor-Anmeldung einrichten",
    demanded: "Richten Sie sie ein, um fortzufahren. Ab jetzt brauchen Sie bei jeder Anmeldung einen Code aus einer \
               Authenticator-App. Das Einrichten dauert eine Minute.",
    demanded_of_admins: "Admins brauchen bei jeder Anmeldung einen Code aus einer Authenticator-App. Das Einrichten \
                         dauert eine Minute.",
    scan: "Diesen Code scannen",
    scan_with: "Mit einer Authenticator-App, zum Beispiel Google Authenticator, 2FAS oder Ihrem Passwortmanager.",
    no_app: "Noch keine Authenticator-App?",
    get_app: "Laden Sie eine davon herunter oder nehmen Sie eine andere App für Einmalcodes.",
    cannot_scan: "Scannen geht nicht?",
    copy_key: "Schlüssel kopieren",
    copied: "Kopiert",
    open_here: "In einer App auf diesem Gerät öffnen",
    or_type: " oder diesen Schlüssel eintippen:",
    enter_shown: "Den angezeigten Code eingeben",
    codes_renewed: "Sie bekommen zehn neue Wiederherstellungscodes.",
    set_up_lost: "Richten Sie jetzt die Authenticator-App auf Ihrem neuen Telefon ein. Dann brauchen Sie keinen weiteren \
                  Wiederherstellungscode.",
    not_now: "Nicht jetzt",
    add_or_replace: "Bisherige Authenticator-Apps behalten?",
    add_beside: "Behalten und diese hinzufügen",
    replaces_all: "Sie ersetzt Ihre bisherigen Authenticator-Apps, die gesperrt sind.",
    authenticator_name_hint: "Damit Sie Ihre Authenticator-Apps unterscheiden können.",
    confirm: "Bestätigen",
    nothing_changes: "bis Sie einen Code eingeben, ändert sich nichts.",
    keep_codes: "Wiederherstellungscodes speichern",
    codes_why: "Wenn Sie Ihr Telefon verlieren, können Sie sich mit jedem dieser Codes einmal anmelden.",
    codes_once: "Sie sehen sie hier zehn Minuten lang",
    codes_how: ": Drucken Sie diese Seite, laden Sie die Codes herunter oder speichern Sie sie in Ihrem \
                Passwortmanager.",
    codes_kept: "Ich habe meine Codes gespeichert",
    kept_question: "Haben Sie Ihre Wiederherstellungscodes?",
    kept_why: "Geben Sie einen davon ein, damit sicher ist, dass Sie die Codes finden, wenn Ihr Telefon weg ist. Er \
               wird dabei nicht verbraucht.",
    kept_hint: "Einer der zehn. Groß- und Kleinschreibung und Bindestriche spielen keine Rolle.",
    kept_later: "Bei der nächsten Anmeldung fragen",
    kept_new: "Ich habe sie nicht: neue erstellen",
    // Invitations.
    join_button: "Beitreten",
    // One's own profile.
    change_password: "Passwort ändern",
    change_email: "E-Mail-Adresse ändern",
    make_codes: "Neue Wiederherstellungscodes erstellen",
    turn_off_title: "Zwei-Faktor-Anmeldung ausschalten",
    end_others: "Überall sonst abmelden",
    unknown_device: "Unbekanntes Gerät",
    saved: "Gespeichert.",
    // A forgotten password.
    forgot: "Passwort vergessen?",
    set_password: "Neues Passwort festlegen",
    why_new_password: "Ihr neues Passwort gilt. Melden Sie sich damit an.",

    seconds: "{n} {n|Sekunde|Sekunden}",
    minutes: "{n} {n|Minute|Minuten}",
    date: "{day}.{month}.{year}",
    open_app: "Öffnen Sie Ihre Authenticator-App und geben Sie den Code ein, den sie für {site} anzeigt.",
    step_of: "Schritt {step} von {steps}",
    parameters: "Zeitbasiert, {algorithm}, {digits} Ziffern, {seconds} Sekunden.",
    used_codes_left: "{n|=0 Das war Ihr letzter Wiederherstellungscode.|Sie haben noch einen Wiederherstellungscode.|Sie haben noch {n} Wiederherstellungscodes.}",
    replaces: "{name} ersetzen",
    ask_admin: "Keine Codes mehr? Bitten Sie einen Admin von {account}, Ihre Zwei-Faktor-Anmeldung zurückzusetzen.",
    codes_file: "Wiederherstellungscodes für {site}",
    form_from_hidden: "Es kam von einer anderen Website, die ihren Namen verbirgt.",
    form_from: "Es kam von {site}.",
    signed_in_as: "Sie sind als {email} angemeldet.",
    added: "Hinzugefügt {day}, zuletzt benutzt {last_used}",
    device: "{browser} auf {system}",
    problems: Table::Written(problem),
};
