//! German: what the edge Worker says besides.

use super::TEXTS;
use crate::texts::EdgeTexts;

pub(in crate::texts) static EDGE: EdgeTexts = EdgeTexts {
    // Words that come up on several.
    accounts: "Organisationen",
    off: "Inaktiv",
    settings: "Einstellungen",
    // Invitations.
    join_existing: "Ich habe schon ein Konto",
    join_new: "Wählen Sie ein Passwort für die Anmeldung.",
    not_my_login: "Das ist nicht mein Konto, oder ich kann mich damit nicht anmelden",
    start_over: "Neu anfangen",
    start_over_ends: "Wenn Sie neu anfangen, endet endgültig:",
    start_over_factors: "Passwort, Authenticator-Apps und Wiederherstellungscodes des Kontos",
    start_over_sessions: "seine Sitzungen sowie die API-Tokens und Einladungen, die es erstellt hat",
    start_over_sure: "All das beenden",
    // One's own profile.
    admin_pages: "Zur Verwaltung",
    edit_profile: "Profil bearbeiten",
    switch_links: "Authenticator-Apps und Wiederherstellungscodes verwalten",
    why_two_factor: "Die Anmeldung verlangt dann Ihr Passwort und einen Code aus einer App auf Ihrem Telefon. Wer \
                     nur eines davon stiehlt, kann sich nicht anmelden.",
    enable: "Zwei-Faktor-Anmeldung nutzen",
    keep_tokens: "Meine API-Tokens und Einladungen behalten",
    current_password: "Aktuelles Passwort",
    other_sessions_end: "Sie werden überall sonst abgemeldet.",
    asked_each_login: "Bei jeder Anmeldung werden Sie nach einem Code gefragt.",
    password_alone: "Sie melden sich nur mit Ihrem Passwort an.",
    not_asked: "Sie haben eine Authenticator-App, werden aber nicht nach einem Code gefragt.",
    ask_each_login: "Bei jeder Anmeldung nach einem Code fragen",
    locked_out: "Ihre Authenticator-Apps sind nach zu vielen falschen Codes hintereinander gesperrt. Melden Sie sich \
                 mit einem Wiederherstellungscode noch einmal an und richten Sie eine neue ein, oder bitten Sie \
                 einen Admin Ihrer Organisation, Ihre Zwei-Faktor-Anmeldung zurückzusetzen.",
    authenticators: "Authenticator-Apps",
    add_authenticator: "Authenticator-App hinzufügen",
    add_authenticator_rest: " oder auf ein neues Telefon umziehen.",
    make_before: "Erstellen Sie jetzt neue.",
    not_shown: "Sie haben noch nicht bestätigt, dass Sie sie gespeichert haben.",
    do_it_now: "Jetzt bestätigen",
    turn_off_what: "Ihre Authenticator-Apps und Wiederherstellungscodes werden entfernt, und Sie werden überall \
                    sonst abgemeldet. Danach melden Sie sich nur mit Ihrem Passwort an.",
    sessions: "Wo Sie angemeldet sind",
    this_one: "Diese Sitzung",
    end: "Abmelden",
    done_set_up: "Ihre Authenticator-App ist eingerichtet. Überall sonst wurden Sie abgemeldet.",
    done_disabled: "Die Zwei-Faktor-Anmeldung wurde ausgeschaltet. Überall sonst wurden Sie abgemeldet.",
    done_others_ended: "Überall sonst wurden Sie abgemeldet.",
    done_password: "Ihr Passwort wurde geändert. Überall sonst wurden Sie abgemeldet.",
    // A forgotten password.
    forgot_how: "Geben Sie die E-Mail-Adresse ein, mit der Sie sich anmelden. Gehört sie zu einem Konto, schicken wir Ihnen einen Link für ein neues Passwort.",
    forgot_send: "Link schicken",
    forgot_sent: "Sehen Sie in Ihr Postfach",
    forgot_nothing: "Nach einigen Minuten ist nichts da? Sehen Sie im Spam-Ordner nach, prüfen Sie die Adresse und fordern Sie den Link noch einmal an.",
    reset_ends: "Sie werden überall abgemeldet, und Ihre API-Tokens werden widerrufen. Ist die Zwei-Faktor-Anmeldung eingeschaltet, werden Sie weiterhin nach einem Code gefragt.",
    // Another address.
    email_how: "An die neue schicken wir einen Link. Bis Sie ihn öffnen und bestätigen, ändert sich nichts.",
    new_email: "Neue E-Mail-Adresse",
    email_fixed: "Hier lässt sie sich nicht ändern: Diese Website verschickt keine E-Mails.",
    email_nothing: "Nach einigen Minuten ist nichts da? Sehen Sie im Spam-Ordner nach, prüfen Sie die Adresse und fordern Sie den Link noch einmal an.",
    email_now: "Die Adresse, mit der Sie sich von nun an anmelden:",
    email_ends: "Sie werden überall sonst abgemeldet. Eine E-Mail an Ihre alte Adresse meldet das; sieben Tage lang macht ein Link darin es rückgängig.",
    email_login: "Melden Sie sich zuerst mit Ihrer bisherigen Adresse an.",
    email_other: "Dieser Link ist für jemand anderen. Melden Sie sich ab und öffnen Sie ihn noch einmal.",
    email_undo: "Änderung rückgängig machen",
    email_undo_ends: "Sie werden überall abgemeldet, und Ihre API-Tokens und Ihr Passwort enden. Danach legen Sie ein neues fest.",
    email_confirm: "Neue Adresse bestätigen",
    done_email: "Ihre E-Mail-Adresse wurde geändert. Überall sonst wurden Sie abgemeldet.",

    done_removed: |name| format!("„{name}“ wurde entfernt. Überall sonst wurden Sie abgemeldet."),
    done_ended: |device| format!("{device} wurde abgemeldet."),
    back_to: |site| format!("Zurück zu {site}"),
    codes_left: |n| match n {
        1 => "Ein Wiederherstellungscode ist übrig.".to_owned(),
        n => format!("{n} Wiederherstellungscodes sind übrig."),
    },
    required_by: |account| format!("{account} schreibt sie vor. Deshalb können Sie sie nicht ausschalten."),
    join: |account| format!("{account} beitreten"),
    join_other: |email| {
        format!("Diese Einladung ist für {email}. Melden Sie sich ab und öffnen Sie den Link noch einmal.")
    },
    last_seen: |moment| format!("zuletzt aktiv {moment}"),
    as_admin: |device| format!("{device}, als Admin"),
    waiting: |device| format!("{device}, wartet auf den Code"),
    forgot_sent_to: |email| {
        format!(
            "Gehört {email} hier zu einem Konto, ist eine E-Mail mit einem Link unterwegs. Der Link gilt einmal, 30 Minuten lang."
        )
    },
    join_login: |email| format!("Für {email} gibt es schon ein Konto. Melden Sie sich damit an, um beizutreten."),
    start_over_why: |email| {
        format!(
            "Die Adresse {email} wurde noch nicht bestätigt. Vielleicht hat jemand anderes dieses Konto angelegt. Wenn es \
             Ihres ist, gehen Sie zurück und melden Sie sich an."
        )
    },
    start_over_leaves: |account| {
        format!("seine Mitgliedschaft in {account}: Die Admins dort sehen das und können Sie wieder einladen")
    },
    start_over_new: |account| {
        format!("Sie treten {account} neu bei. Was das bisherige Konto in Apps hat, bleibt bei diesem Konto.")
    },
    email_sent_to: |email| {
        format!(
            "Eine E-Mail mit einem Link an {email} ist unterwegs. Der Link gilt einmal, eine Stunde lang, solange Sie angemeldet sind."
        )
    },
    email_undo_to: |email| format!("Ihre Anmeldung hat wieder die Adresse {email}."),
    not_me: "Das war ich nicht",
    not_me_ends: "Haben Sie nicht getan, was in der E-Mail steht, dann stoppen Sie es hier. Sie müssen sich dafür nicht anmelden.",
    not_me_what: "Sie werden überall abgemeldet, und Ihre API-Tokens enden. Ihr Passwort gilt nicht mehr, bis Sie per E-Mail ein neues festlegen. Die Admins Ihrer Organisationen erfahren davon.",
    not_me_sure: "Alles stoppen",
    not_me_done: "Alles ist gestoppt",
    not_me_next: "Niemand ist mehr als Sie angemeldet, und Ihr Passwort gilt nicht mehr. Legen Sie jetzt ein neues fest: Wir schicken Ihnen einen Link.",
    everywhere: &TEXTS,
};
