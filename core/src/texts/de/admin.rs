//! German: what the admin Worker says besides.

use super::TEXTS;
use crate::texts::AdminTexts;

pub(in crate::texts) static ADMIN: AdminTexts = AdminTexts {
    // Administering: the frame, and what is said of members.
    two_factor_short: "Zwei-Faktor",
    members: "Mitglieder",
    audit: "Protokoll",
    api_tokens: "API-Tokens",
    confirm_first: "Vorher bestätigen Sie Ihre Identität.",
    next_page: "Nächste Seite",
    name_or_email: "Name oder E-Mail-Adresse",
    show_all_members: "Alle Mitglieder anzeigen",
    nobody_so_far: "Bisher niemand. Es sind noch nicht alle durchsucht.",
    invited_not_joined: "Eingeladen, noch nicht beigetreten",
    too_many_wrong: "zu viele falsche Codes",
    since: "seit",
    last_used: "zuletzt benutzt",
    set_up: "Eingerichtet",
    not_asked_for: "wird nicht nach einem Code gefragt",
    not_set_up: "Nicht eingerichtet",
    deactivated: "Deaktiviert",
    // The policy.
    settings_security: "Einstellungen › Sicherheit",
    two_factor_authentication: "Zwei-Faktor-Anmeldung",
    required: "Vorgeschrieben",
    from_next: "ab der nächsten Anmeldung jedes Mitglieds.",
    from_now: "auch für offene Sitzungen.",
    not_required: "Nicht vorgeschrieben",
    members_decide: "Die Mitglieder entscheiden selbst.",
    if_stopped: "Wenn Sie sie nicht mehr vorschreiben, entscheiden die Mitglieder wieder selbst: Wer sie \
                 eingeschaltet hat, wird weiter nach einem Code gefragt, die anderen melden sich nur mit dem \
                 Passwort an. Niemand verliert eine Authenticator-App.",
    if_required_all_have: "Wenn Sie sie vorschreiben, werden alle bei jeder Anmeldung nach einem Code gefragt.",
    require: "Zwei-Faktor-Anmeldung vorschreiben",
    stop_requiring: "Nicht mehr vorschreiben",
    apply_now: "Jetzt auf offene Sitzungen anwenden",
    when: "Wann",
    next_login: "Ab der nächsten Anmeldung",
    next_login_hint: "Offene Sitzungen laufen weiter, bis sie enden.",
    at_once: "Sofort",
    at_once_hint: "Wer schon angemeldet ist, richtet sie beim nächsten Klick ein oder gibt einen Code ein.",
    all: "Alle",
    nobody_yet: "Noch niemand hat sie eingerichtet.",
    everybody_has: "Alle haben sie eingerichtet.",
    nobody_here: "Noch keine Mitglieder.",
    reset: "Zurücksetzen",
    reset_not_self: "Ihre eigene können Sie nicht zurücksetzen.",
    policy_required: "Die Zwei-Faktor-Anmeldung ist jetzt vorgeschrieben.",
    policy_not_required: "Die Zwei-Faktor-Anmeldung ist nicht mehr vorgeschrieben.",
    confirmed: "Sie haben Ihre Identität bestätigt. Geändert wurde noch nichts.",
    // Asking once more.
    change_member: "Mitglied ändern",
    reset_two_factor: "Zwei-Faktor-Anmeldung zurücksetzen",
    withdraw_invitation: "Einladung zurückziehen",
    remove_member: "Mitglied entfernen",
    reset_stops: "Die Authenticator-Apps und alle Wiederherstellungscodes gelten sofort nicht mehr.",
    reset_sessions: "Das Mitglied wird überall abgemeldet, und seine API-Tokens und Einladungen gelten nicht mehr, \
                     in jeder Organisation.",
    reset_next: "Bei der nächsten Anmeldung richtet das Mitglied die Zwei-Faktor-Anmeldung neu ein. Vorher ist \
                 nichts anderes erreichbar.",
    no_undo: "Sie können das nicht rückgängig machen.",
    link_stops: "Der Link gilt sofort nicht mehr.",
    remove_tokens: "API-Tokens und Einladungen dieses Mitglieds gelten nicht mehr.",
    invitation_needed: "Wer zurückkommen will, braucht eine neue Einladung.",
    // Members.
    invite_someone: "Jemanden einladen",
    invite_note: "Sie bekommen einen Link zum Weitergeben. Er gilt einmal und sieben Tage lang.",
    invite: "Einladen",
    invitation: "Einladung",
    not_accepted: "Noch nicht angenommen. Ein neuer Link ersetzt den alten.",
    make_link: "Neuen Link erstellen",
    mailed_note: "Die Person bekommt eine E-Mail mit einem Link. Er gilt einmal und sieben Tage lang, und nur sie sieht ihn.",
    send_again: "Einladung noch einmal senden",
    not_read: "E-Mail-Adresse noch nicht bestätigt",
    this_is_you: "Das sind Sie. Bitten Sie einen anderen Admin, Sie zurückzusetzen, zu deaktivieren oder zu \
                  entfernen.",
    access: "Zugang",
    deactivating: "Deaktivieren beendet die Sitzungen und API-Tokens dieses Mitglieds in dieser Organisation. Sie \
                   können es rückgängig machen, aber dann ist eine neue Anmeldung nötig.",
    deactivated_until: "Deaktiviert: Dieses Mitglied hat keinen Zugang zu dieser Organisation, bis Sie es wieder \
                        aktivieren.",
    deactivate: "Deaktivieren",
    activate: "Aktivieren",
    password_stopped: "In einer E-Mail an dieses Mitglied wurde „Das war ich nicht“ gedrückt: Das Passwort gilt nicht mehr. Ein neues wird per E-Mail festgelegt. War es ein Versehen, machen Sie das alte wieder gültig.",
    restore_password: "Passwort wieder gültig machen",
    // The audit.
    what: "Was",
    everything: "Alles",
    who: "Wer",
    to_whom: "Betroffene Person",
    exact: "Geben Sie vollständige E-Mail-Adressen ein.",
    nothing_found: "Nichts gefunden.",
    nothing_found_yet: "Bisher nichts gefunden.",
    show_everything: "Alles anzeigen",
    at_admin: "in der Verwaltung",
    unknown: "Unbekannt",
    by_token: "mit API-Token",
    older: "Ältere Einträge",
    keep_copy: "Kopie aufbewahren",
    keep_copy_why: "Jeder Eintrag ist mit einem Hash über alle früheren versiegelt, und jede Minute wird das neueste \
                    Siegel signiert. An einer Kopie lässt sich deshalb erkennen, ob später etwas entfernt oder \
                    geändert wurde. Speichern Sie auch die öffentlichen Schlüssel und prüfen Sie Ihre Kopie mit",
    keep_copy_parts: "Eine Datei enthält bis zu 5.000 Einträge, die ältesten zuerst. Gibt es mehr, endet ihr Name mit der \
                      Nummer ihres letzten Eintrags: Danach beginnt der nächste Teil.",
    public_keys: "Öffentliche Schlüssel",
    next_part: "Nächsten Teil herunterladen",
    after_entry: "Nach Eintrag Nr.",
    action_login: "Anmeldung: Passwort",
    action_verify: "Anmeldung: Code",
    action_recovery: "Anmeldung: Wiederherstellungscode",
    action_reauth: "Passwort und Code erneut",
    action_logout: "Abmeldung",
    action_enrol: "Authenticator-App eingerichtet",
    action_recovery_codes: "Neue Wiederherstellungscodes",
    action_policy: "Richtlinie geändert",
    action_two_factor_reset: "Zwei-Faktor-Anmeldung zurückgesetzt",
    action_member_invited: "Mitglied eingeladen",
    action_join: "Einladung versucht",
    action_member_joined: "Mitglied beigetreten",
    action_member_changed: "Mitglied geändert",
    action_member_removed: "Mitglied entfernt",
    action_token_made: "API-Token erstellt",
    action_token_revoked: "API-Token widerrufen",
    action_service_token_made: "Dienst-Token erstellt",
    action_service_token_revoked: "Dienst-Token widerrufen",
    action_alert: "Warnung",
    action_renamed: "Eigener Name geändert",
    action_password: "Passwortänderung",
    action_two_factor_enabled: "Zwei-Faktor-Anmeldung eingeschaltet",
    action_two_factor_disabled: "Zwei-Faktor-Anmeldung ausgeschaltet",
    action_authenticator_removed: "Authenticator-App entfernt",
    action_session_ended: "Sitzung beendet",
    action_sessions_ended: "Andere Sitzungen beendet",
    action_account_created: "Organisation angelegt",
    action_break_glass: "Notzugang",
    action_everything_ended: "Alles beendet",
    action_mail_given_up: "E-Mail nicht zugestellt",
    action_started_over: "Neu angefangen: bisheriges Konto beendet",
    mail_test: "Test-E-Mail",
    mail_invitation: "Einladung",
    mail_forgot: "Link für ein neues Passwort",
    mail_email: "Link zu einer neuen Adresse",
    mail_email_changed: "Nachricht von einer anderen Adresse",
    mail_notice: "Nachricht",
    mail_admin_notice: "Nachricht an einen Admin",
    mail_unfinished: "Nachricht von einem Passwort ohne Code",
    action_not_me: "„Das war ich nicht“",
    action_password_restored: "Passwort gilt wieder",
    detail_recovery_code: "mit einem Wiederherstellungscode",
    detail_replaced: "anstelle eines anderen",
    action_password_reset: "Passwort per E-Mail-Link festgelegt",
    action_email_changed: "Eigene Adresse geändert",
    action_email_undone: "Änderung der Adresse rückgängig gemacht",
    action_audit_trimmed: "Alte Einträge entfernt",
    result_credentials: "falsches Passwort",
    result_code: "falscher Code",
    result_conflict: "inzwischen geändert",
    result_failures: "viele Fehlversuche",
    detail_next_login: "vorgeschrieben ab der nächsten Anmeldung",
    detail_now: "ab sofort vorgeschrieben",
    detail_not_required: "nicht vorgeschrieben",
    detail_activated: "aktiviert",
    detail_deactivated: "deaktiviert",
    detail_renamed: "umbenannt",
    detail_elsewhere: "in einer anderen Organisation",
    detail_operator: "durch den Betreiber",
    detail_key: "mit Schlüssel",
    detail_codes_too: "auch Wiederherstellungscodes",
    // API tokens.
    api_description: "Beschreibung der API",
    make_token: "Token erstellen",
    what_for: "Wofür es gilt",
    ends_after: "Endet nach",
    days_30: "30 Tagen",
    days_90: "90 Tagen",
    a_year: "Einem Jahr",
    no_tokens: "Es gibt noch keine Tokens.",
    for_: "Für",
    last_used_label: "Zuletzt benutzt",
    ends: "Endet",
    revoke: "Widerrufen",
    never: "nie",
    new_token: "Neues API-Token",
    token_advice: "Programme senden es mit jeder Anfrage im Header Authorization nach dem Wort Bearer.",
    shown_once: "Speichern Sie das jetzt: Es ist hier zehn Minuten lang zu sehen.",
    scope_two_factor_read: "Zwei-Faktor-Richtlinie sehen",
    scope_two_factor_write: "Zwei-Faktor-Richtlinie ändern",
    scope_reset: "Zwei-Faktor-Anmeldung von Mitgliedern zurücksetzen",
    scope_users_read: "Mitglieder sehen",
    scope_users_write: "Mitglieder einladen, ändern und entfernen; nie Admins oder Inhaber",
    scope_audit_read: "Protokoll lesen",
    // Service tokens.
    service_tokens: "Dienst-Tokens",
    new_service_token: "Neues Dienst-Token",
    service_token_advice: "Programme senden es im Header Airlock-Token. Wenn sie das nicht können, wie git, WebDAV \
                           und npm, senden sie es als Passwort zu einem beliebigen Namen.",
    paths: "Pfade",
    paths_hint: "Einer oder mehrere, mit Leerzeichen dazwischen. /api/* ist alles unter /api/, bei /*/info/* steht \
                 dazwischen Beliebiges.",
    methods: "Methoden",
    methods_hint: "Zum Beispiel GET POST oder * für alle. GET liest nur.",
    opens: "Öffnet",
    for_everyone: |account| format!("Für alle in {account}"),
    set_up_by: |n, members| {
        format!(
            "{n} von {members} {} {} sie eingerichtet.",
            if members == 1 { "Mitglied" } else { "Mitgliedern" },
            if n == 1 { "hat" } else { "haben" }
        )
    },
    set_up_not_asked: |n| match n {
        1 => "Eines davon wird nicht nach einem Code gefragt.".to_owned(),
        _ => format!("{n} davon werden nicht nach einem Code gefragt."),
    },
    of_members: |n, members| format!("{n} von {members} Mitgliedern"),
    led_to_it: |n| match n {
        1 => "hat sie noch nicht und kommt erst nach dem Einrichten weiter.".to_owned(),
        _ => "haben sie noch nicht und kommen erst nach dem Einrichten weiter.".to_owned(),
    },
    asked_to: |n| match n {
        1 => {
            "hat sie nicht eingerichtet und muss es bei der nächsten Anmeldung tun. Überspringen geht nicht.".to_owned()
        }
        _ => "haben sie nicht eingerichtet und müssen es bei der nächsten Anmeldung tun. Überspringen geht nicht."
            .to_owned(),
    },
    just_password: |n| match n {
        1 => "hat sie nicht eingerichtet und meldet sich weiter nur mit dem Passwort an.".to_owned(),
        _ => "haben sie nicht eingerichtet und melden sich weiter nur mit dem Passwort an.".to_owned(),
    },
    stop_question: |account| format!("Zwei-Faktor-Anmeldung in {account} nicht mehr vorschreiben?"),
    require_question: |account| format!("Zwei-Faktor-Anmeldung in {account} vorschreiben?"),
    nobody_has: |letters| format!("Niemand hier hat „{letters}“ im Namen oder in der Adresse."),
    reset_of: |email| format!("Zwei-Faktor-Anmeldung von {email} zurücksetzen"),
    reset_question: |email| format!("Zwei-Faktor-Anmeldung von {email} zurücksetzen?"),
    reset_why: |name| {
        let member = if name.is_empty() { "dieses Mitglied" } else { name };
        format!(
            "Für Mitglieder, die ihr Telefon oder ihre Authenticator-App verloren haben. Vergewissern Sie sich zuerst, \
             dass wirklich {member} darum bittet."
        )
    },
    was_reset: |email| {
        format!(
            "Die Zwei-Faktor-Anmeldung von {email} wurde zurückgesetzt und wird bei der nächsten Anmeldung neu eingerichtet."
        )
    },
    withdraw_question: |email| format!("Einladung von {email} zurückziehen?"),
    remove_question: |email, account| format!("{email} aus {account} entfernen?"),
    remove_sessions: |account| format!("Dieses Mitglied wird von {account} abgemeldet und kommt nicht mehr hinein."),
    only_role: |role| {
        format!("Nur wer die Rolle {0} hat, kann jemanden mit der Rolle {0} ändern, zurücksetzen oder entfernen.", {
            ADMIN.role(role)
        })
    },
    members_of: |account| format!("Mitglieder von {account}"),
    invited: |email, role| {
        format!(
            "Senden Sie diesen Link an {email}. Er gilt einmal und sieben Tage lang: Wer ihn benutzt, tritt mit der \
             Rolle {} bei.",
            ADMIN.role(role)
        )
    },
    invitation_mailed: |email| {
        format!("Wir haben die Einladung an {email} gesendet. Der Link gilt einmal und sieben Tage lang.")
    },
    invitation_withdrawn: |email| format!("Die Einladung von {email} wurde zurückgezogen."),
    removed_from_account: |email| format!("{email} wurde aus der Organisation entfernt."),
    revoked: |name| format!("„{name}“ wurde widerrufen und gilt nicht mehr."),
    detail_as: |role| format!("als {}", ADMIN.role(role)),
    detail_role: |from, to| format!("Rolle von {} zu {}", ADMIN.role(from), ADMIN.role(to)),
    detail_trimmed: |rows, last| match rows {
        1 => format!("ein Eintrag, bis Nr. {last}"),
        rows => format!("{rows} Einträge, bis Nr. {last}"),
    },
    tokens_for: |account| {
        format!(
            "Für Programme, die Mitglieder von {account} verwalten. Ein Token kann, was seine Berechtigungen erlauben, \
             und nie mehr, als sein Ersteller in dem Moment kann."
        )
    },
    service_tokens_for: |account| {
        format!(
            "Für Programme, die die App im Namen von {account} ohne Anmeldung benutzen. Sie gelten weiter, auch wenn ihr Ersteller geht: Sehen Sie sie durch, wenn ein Admin geht."
        )
    },
    made_by: |email| format!("erstellt von {email}"),
    everywhere: &TEXTS,
};
