//! German.

use super::{AdminTexts, MailTexts, Message, Texts, Told};

pub(super) static TEXTS: Texts = Texts {
    // Every page.
    error: "Fehler",
    done_title: "Erledigt",
    skip: "Zum Inhalt",
    admin: "Verwaltung",
    language: "Sprache",
    start_page: "Zur Startseite",
    // Words that come up on several.
    account: "Organisation",
    accounts: "Organisationen",
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
    off: "Inaktiv",
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
    settings: "Einstellungen",
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
    end_session: "Sitzung beenden",
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
    start_again: "Neu beginnen",
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
    join_existing: "Ich habe schon ein Konto",
    join_new: "Wählen Sie ein Passwort für die Anmeldung.",
    join_button: "Beitreten",
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
    change_password: "Passwort ändern",
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
    make_codes: "Neue Wiederherstellungscodes erstellen",
    turn_off_title: "Zwei-Faktor-Anmeldung ausschalten",
    turn_off_what: "Ihre Authenticator-Apps und Wiederherstellungscodes werden entfernt, und Sie werden überall \
                    sonst abgemeldet. Danach melden Sie sich nur mit Ihrem Passwort an.",
    sessions: "Wo Sie angemeldet sind",
    this_one: "Diese Sitzung",
    end: "Abmelden",
    end_others: "Überall sonst abmelden",
    unknown_device: "Unbekanntes Gerät",
    saved: "Gespeichert.",
    done_set_up: "Ihre Authenticator-App ist eingerichtet. Überall sonst wurden Sie abgemeldet.",
    done_disabled: "Die Zwei-Faktor-Anmeldung wurde ausgeschaltet. Überall sonst wurden Sie abgemeldet.",
    done_removed: "Die Authenticator-App wurde entfernt. Überall sonst wurden Sie abgemeldet.",
    done_ended: "Die Sitzung wurde beendet.",
    done_others_ended: "Überall sonst wurden Sie abgemeldet.",
    done_password: "Ihr Passwort wurde geändert. Überall sonst wurden Sie abgemeldet.",
    // A forgotten password.
    forgot: "Passwort vergessen?",
    forgot_how: "Geben Sie die E-Mail-Adresse ein, mit der Sie sich anmelden. Gehört sie zu einem Konto, schicken wir Ihnen einen Link für ein neues Passwort.",
    forgot_send: "Link schicken",
    forgot_sent: "Sehen Sie in Ihr Postfach",
    forgot_nothing: "Nach einigen Minuten ist nichts da? Sehen Sie im Spam-Ordner nach, prüfen Sie die Adresse und fordern Sie den Link noch einmal an.",
    set_password: "Neues Passwort festlegen",
    reset_ends: "Sie werden überall abgemeldet, und Ihre API-Tokens enden. Haben Sie die Zwei-Faktor-Anmeldung, werden Sie weiterhin nach einem Code gefragt.",
    why_new_password: "Ihr neues Passwort gilt. Melden Sie sich damit an.",

    seconds: |n| if n == 1 { "1 Sekunde".to_owned() } else { format!("{n} Sekunden") },
    minutes: |n| if n == 1 { "1 Minute".to_owned() } else { format!("{n} Minuten") },
    back_to: |site| format!("Zurück zu {site}"),
    date: |year, month, day| format!("{day}.{month}.{year}"),
    open_app: |site| {
        format!("Öffnen Sie Ihre Authenticator-App und geben Sie den Code ein, den sie für {site} anzeigt.")
    },
    step_of: |step, steps| format!("Schritt {step} von {steps}"),
    parameters: |algorithm, digits, seconds| format!("Zeitbasiert, {algorithm}, {digits} Ziffern, {seconds} Sekunden."),
    codes_left: |n| match n {
        1 => "Ein Wiederherstellungscode ist übrig.".to_owned(),
        n => format!("{n} Wiederherstellungscodes sind übrig."),
    },
    used_codes_left: |n| match n {
        0 => "Das war Ihr letzter Wiederherstellungscode.".to_owned(),
        1 => "Sie haben noch einen Wiederherstellungscode.".to_owned(),
        n => format!("Sie haben noch {n} Wiederherstellungscodes."),
    },
    required_by: |account| format!("{account} schreibt sie vor. Deshalb können Sie sie nicht ausschalten."),
    replaces: |name| format!("{name} ersetzen"),
    ask_admin: |account| {
        format!("Keine Codes mehr? Bitten Sie einen Admin von {account}, Ihre Zwei-Faktor-Anmeldung zurückzusetzen.")
    },
    codes_file: |site| format!("Wiederherstellungscodes für {site}"),
    join: |account| format!("{account} beitreten"),
    form_from: |site| match site {
        "" => "Es kam von einer anderen Website, die ihren Namen verbirgt.".to_owned(),
        site => format!("Es kam von {site}."),
    },
    signed_in_as: |email| format!("Sie sind als {email} angemeldet."),
    join_other: |email| {
        format!("Diese Einladung ist für {email}. Melden Sie sich ab und öffnen Sie den Link noch einmal.")
    },
    added: |day, last_used| format!("Hinzugefügt {day}, zuletzt benutzt {last_used}"),
    last_seen: |moment| format!("zuletzt aktiv {moment}"),
    device: |browser, system| format!("{browser} auf {system}"),
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
            "Bisher hat niemand gezeigt, dass er E-Mails an {email} liest: Vielleicht hat jemand anderes dieses Konto \
             angelegt. Wenn es Ihres ist, gehen Sie zurück und melden Sie sich an."
        )
    },
    start_over_leaves: |account| {
        format!("sein Platz in {account}: Die Admins dort sehen das und können Sie wieder einladen")
    },
    start_over_new: |account| {
        format!("Sie treten {account} neu bei. Was das Konto in Apps hat, bleibt dort unter seinem eigenen Namen.")
    },
    problem,
};

pub(super) static MAIL: MailTexts = MailTexts {
    button_fails: "Wenn sich beim Klick nichts tut, öffnen Sie diese Adresse:",
    not_expected: "Sie haben damit nicht gerechnet? Dann ignorieren Sie diese E-Mail einfach, es passiert nichts.",
    test_subject: "Ihre Test-E-Mail ist angekommen",
    test_arrives: "E-Mails von hier erreichen diese Adresse. Mehr ist nicht zu tun.",
    join: "Beitreten",
    forgot_ignore: "Das waren nicht Sie? Ignorieren Sie diese E-Mail: Nichts wurde geändert, und Ihr Passwort gilt weiter.",
    changed_ends: "Sie wurden überall abgemeldet, und Ihre API-Tokens sind beendet. Haben Sie die Zwei-Faktor-Anmeldung, ist sie wie zuvor.",
    changed_not_you: "Das waren nicht Sie? Dann liest jemand Ihre E-Mails mit. Ändern Sie zuerst das Passwort Ihres Postfachs und legen Sie dann hier ein neues fest.",
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
    everywhere: &TEXTS,
};

pub(super) static ADMIN: AdminTexts = AdminTexts {
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
    role_member: "Mitglied",
    role_admin: "Admin",
    role_owner: "Inhaber",
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
    not_read: "Hat noch nicht gezeigt, dass E-Mails an diese Adresse ankommen",
    this_is_you: "Das sind Sie. Bitten Sie einen anderen Admin, Sie zurückzusetzen, zu deaktivieren oder zu \
                  entfernen.",
    access: "Zugang",
    deactivating: "Deaktivieren beendet die Sitzungen und API-Tokens dieses Mitglieds in dieser Organisation. Sie \
                   können es rückgängig machen, aber dann ist eine neue Anmeldung nötig.",
    deactivated_until: "Deaktiviert: Dieses Mitglied hat keinen Zugang zu dieser Organisation, bis Sie es wieder \
                        aktivieren.",
    deactivate: "Deaktivieren",
    activate: "Aktivieren",
    removed_from_account: "Aus der Organisation entfernt.",
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
    action_password: "Eigenes Passwort",
    action_two_factor_enabled: "Zwei-Faktor-Anmeldung eingeschaltet",
    action_two_factor_disabled: "Zwei-Faktor-Anmeldung ausgeschaltet",
    action_authenticator_removed: "Authenticator-App entfernt",
    action_session_ended: "Sitzung beendet",
    action_sessions_ended: "Andere Sitzungen beendet",
    action_account_created: "Organisation angelegt",
    action_break_glass: "Notzugang",
    action_everything_ended: "Alles beendet",
    action_mail_given_up: "E-Mail nicht zugestellt",
    action_started_over: "Neu angefangen, das Konto von vorher beendet",
    mail_test: "Test-E-Mail",
    mail_invitation: "Einladung",
    mail_forgot: "Link für ein neues Passwort",
    mail_password_changed: "Nachricht von einem neuen Passwort",
    action_password_reset: "Passwort per E-Mail-Link festgelegt",
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
    revoked: "Das Token wurde widerrufen und gilt nicht mehr.",
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

fn problem(message: Message) -> &'static Told {
    use Message as M;
    const INVALID: &str = "Ungültige Anfrage";
    const FORBIDDEN: &str = "Nicht erlaubt";
    const TOO_MANY: &str = "Zu viele Versuche";
    const CODE: &str = "Der Code stimmt nicht";
    const REQUIRED: &str = "Von Ihrer Organisation vorgeschrieben";
    const NOT_JOINED: &str = "Noch nicht beigetreten";
    const PASSWORD: &str = "Wählen Sie ein anderes Passwort";
    const EMAIL: &str = "E-Mail-Adresse prüfen";
    const CHECK_PASSWORD: &str = "Passwort prüfen";
    const CHECK_CODE: &str = "Code prüfen";
    const CHECK_NAME: &str = "Namen prüfen";
    match message {
        M::Fields => &(INVALID, "Ein Feld fehlt, ist unbekannt, kommt mehrfach vor oder hat den falschen Typ."),
        M::QueryFields => {
            &(INVALID, "Ein Feld der Adresse fehlt, ist unbekannt, kommt mehrfach vor oder hat den falschen Typ.")
        }
        M::TooLarge => &("Anfrage zu groß", "Der Inhalt ist größer als 16 KiB."),
        M::UnsupportedMediaType => {
            &("Medientyp nicht unterstützt", "Senden Sie application/x-www-form-urlencoded oder application/json.")
        }
        M::ForPeople => &(FORBIDDEN, "Diese Seite ist für Menschen. Öffnen Sie sie im Browser."),
        M::Foreign => &(
            FORBIDDEN,
            "Diese Anfrage kam nicht von einer Seite dieser Website. Öffnen Sie die Seite neu und versuchen Sie es \
             noch einmal.",
        ),
        M::NothingSaved => &(
            "Nichts wurde gespeichert",
            "Melden Sie sich in einem neuen Tab an, kommen Sie hierher zurück und laden Sie neu: Ihr Browser sendet \
             alles noch einmal.",
        ),
        M::FormHeld => &(
            "Dieses Formular weitersenden?",
            "Klicken Sie auf „Weiter“, wenn Sie damit gerechnet haben. Sind Sie abgemeldet, melden Sie sich zuerst \
             in einem neuen Tab an.",
        ),
        M::SignInApart => &(
            "Bitte melden Sie sich an",
            "Melden Sie sich in einem neuen Tab an, kommen Sie hierher zurück und laden Sie neu.",
        ),
        M::OldPage => &(
            "Nichts wurde geändert",
            "Die Seite stammt aus der Zeit vor Ihrer letzten Anmeldung oder Bestätigung. Öffnen Sie sie neu und \
             versuchen Sie es noch einmal.",
        ),
        M::AppDown => &(
            "Die App ist nicht erreichbar",
            "Sie sind weiterhin angemeldet. Versuchen Sie es gleich noch einmal. Bleibt es so, geben Sie dem \
             Betreiber der App Bescheid.",
        ),
        M::AppSlow => &(
            "Die App braucht zu lange",
            "Sie hat nicht rechtzeitig geantwortet. Sie sind weiterhin angemeldet. Versuchen Sie es gleich noch \
             einmal.",
        ),
        M::NotFound => &("Nicht gefunden", "Unter dieser Adresse gibt es nichts."),
        M::MethodNotAllowed => &("Methode nicht erlaubt", "Diese Adresse nimmt diese Methode nicht an."),
        M::Misconfigured => &(
            "Diese Website ist falsch eingerichtet",
            "An Ihnen liegt es nicht. Der Betreiber findet den Grund im Protokoll.",
        ),
        M::Unavailable => &(
            "Nicht verfügbar",
            "Bei uns funktioniert gerade etwas nicht. Versuchen Sie es in einer Minute noch einmal.",
        ),
        M::UnknownLanguage => &("Sprache nicht verfügbar", "Wählen Sie eine der Sprachen am Ende jeder Seite."),
        M::LoginRequired => &("Melden Sie sich zuerst an", "Sie sind nicht angemeldet, oder Ihre Sitzung ist beendet."),
        M::VerifyRequired => {
            &("Geben Sie zuerst Ihren Code ein", "Mit einem Einmalcode schließen Sie die Anmeldung ab.")
        }
        M::EnrolRequired => {
            &("Richten Sie zuerst die Zwei-Faktor-Anmeldung ein", "Zum Fortfahren brauchen Sie eine Authenticator-App.")
        }
        M::AlreadySignedIn => &("Schon angemeldet", "Hier gibt es nichts zu tun."),
        M::ReauthRequired => &(
            "Bestätigen Sie Ihre Identität",
            "Geben Sie zuerst noch einmal Passwort und Code ein. Das gilt fünf Minuten lang.",
        ),
        M::NetworkLogins => {
            &(TOO_MANY, "Zu viele Anmeldungen aus Ihrem Netzwerk. Versuchen Sie es in einer Minute noch einmal.")
        }
        M::Passwords { .. } => &(TOO_MANY, "Zu viele falsche Passwörter. Versuchen Sie es in {} noch einmal."),
        M::Busy => &("Ausgelastet", "Gerade melden sich viele an. Versuchen Sie es in einigen Sekunden noch einmal."),
        M::NetworkTries => {
            &(TOO_MANY, "Zu viele Versuche aus Ihrem Netzwerk. Versuchen Sie es in einer Minute noch einmal.")
        }
        M::CookiesBlocked => &(
            "Erlauben Sie Cookies",
            "Ihr Browser blockiert die Cookies dieser Website, und die Anmeldung braucht eines. Erlauben Sie sie und \
             melden Sie sich noch einmal an.",
        ),
        M::EmailAddress => &(EMAIL, "Geben Sie eine E-Mail-Adresse ein, zum Beispiel name@example.com."),
        M::AsciiAddress => &(
            EMAIL,
            "Verwenden Sie ASCII-Zeichen, zum Beispiel name@example.com. Hat die Domain andere Zeichen, geben Sie \
             ihre Form mit xn-- ein.",
        ),
        M::PasswordLength => &(CHECK_PASSWORD, "Ein Passwort hat höchstens 1.024 Bytes."),
        M::InvalidCredentials => &(
            "Anmeldung fehlgeschlagen",
            "Die E-Mail-Adresse oder das Passwort ist falsch. Nach mehreren Fehlversuchen müssen Sie bis zu 15 \
             Minuten warten.",
        ),
        M::WrongPassword => &(
            "Falsches Passwort",
            "Geben Sie das Passwort ein, mit dem Sie sich anmelden. Nach mehreren Fehlversuchen müssen Sie bis zu 15 \
             Minuten warten.",
        ),
        M::EnterPassword => &(CHECK_PASSWORD, "Geben Sie Ihr Passwort ein."),
        M::EnterCode => &(
            CHECK_CODE,
            "Geben Sie die sechs Ziffern ein, die Ihre Authenticator-App anzeigt, oder einen Wiederherstellungscode.",
        ),
        M::CodeShape => &(CHECK_CODE, "Geben Sie alle sechs Ziffern ein."),
        M::RecoveryCodeShape => {
            &(CHECK_CODE, "Ein Wiederherstellungscode hat 24 Buchstaben und Ziffern in sechs Vierergruppen.")
        }
        M::WrongCode => &(
            CODE,
            "Geben Sie die sechs Ziffern ein, die Ihre Authenticator-App jetzt anzeigt. Jeder Code gilt einmal.",
        ),
        M::WrongNewCode => &(
            CODE,
            "Geben Sie die sechs Ziffern ein, die Ihre Authenticator-App jetzt für diesen neuen Eintrag anzeigt.",
        ),
        M::WrongRecoveryCode => {
            &(CODE, "Das ist keiner Ihrer Wiederherstellungscodes, oder Sie haben ihn schon benutzt.")
        }
        M::NotRecoveryCode => &(CODE, "Das ist keiner Ihrer Wiederherstellungscodes."),
        M::UsedCode => &(
            CODE,
            "Diesen Code haben Sie schon benutzt. Warten Sie auf den nächsten; er kommt innerhalb von 30 Sekunden.",
        ),
        M::ClockBehind { .. } => &(
            CODE,
            "Die Uhr Ihrer App geht um etwa {} nach. Lassen Sie Ihr Telefon die Zeit automatisch einstellen und \
             geben Sie dann den angezeigten Code ein.",
        ),
        M::ClockAhead { .. } => &(
            CODE,
            "Die Uhr Ihrer App geht um etwa {} vor. Lassen Sie Ihr Telefon die Zeit automatisch einstellen und geben \
             Sie dann in {} einen Code ein.",
        ),
        M::AppAlgorithm => &(
            CODE,
            "Ihre App unterstützt dieses Verfahren nicht. Richten Sie eine andere App ein, zum Beispiel Google \
             Authenticator oder 2FAS.",
        ),
        M::AuthenticatorLocked => &(
            TOO_MANY,
            "Ihre Authenticator-App ist nach zu vielen falschen Codes gesperrt. Verwenden Sie einen \
             Wiederherstellungscode, oder bitten Sie einen Admin, Ihre Zwei-Faktor-Anmeldung zurückzusetzen.",
        ),
        M::NoWayBack => &(
            TOO_MANY,
            "Ihre Authenticator-App ist nach zu vielen falschen Codes gesperrt, und Sie haben keine \
             Wiederherstellungscodes mehr. Bitten Sie einen Admin Ihrer Organisation, Ihre Zwei-Faktor-Anmeldung \
             zurückzusetzen.",
        ),
        M::LoginSpent => &(TOO_MANY, "Zu viele falsche Codes. Melden Sie sich noch einmal an."),
        M::LoginTries { .. } => &(TOO_MANY, "Zu viele falsche Codes. Melden Sie sich in {} noch einmal an."),
        M::CodeTries { .. } => &(TOO_MANY, "Zu viele falsche Codes. Versuchen Sie es in {} noch einmal."),
        M::TooOften { .. } => {
            &("Zu oft", "Sie haben das innerhalb einer Stunde sehr oft getan. Versuchen Sie es in {} noch einmal.")
        }
        M::TooManyAuthenticators => {
            &("Zu viele Authenticator-Apps", "Sie haben schon zehn. Entfernen Sie zuerst eine.")
        }
        M::NoEnrolment => &(
            "Nichts zu bestätigen",
            "Sie haben das Einrichten nicht begonnen, oder es hat länger als 15 Minuten gedauert. Beginnen Sie neu.",
        ),
        M::WaitedTooLong => &(
            "Das hat zu lange gedauert",
            "Formulare warten 15 Minuten. Es hat sich nichts geändert: Gehen Sie zurück und senden Sie Ihres noch einmal.",
        ),
        M::ShownBefore => &(
            "Wird nicht mehr angezeigt",
            "Es war zehn Minuten lang zu sehen. Wenn Sie es nicht gespeichert haben, erstellen Sie es neu.",
        ),
        M::NameTaken => &(
            "Wählen Sie einen anderen Namen",
            "Eine Authenticator-App mit diesem Namen haben Sie schon. Wenn Sie auf ein neues Telefon umziehen, ersetzen Sie sie.",
        ),
        M::NoAuthenticator => &(
            "Richten Sie zuerst eine Authenticator-App ein",
            "Wiederherstellungscodes ersetzen eine Authenticator-App, deshalb brauchen Sie zuerst eine.",
        ),
        M::AuthenticatorName => &(CHECK_NAME, "Ein Name hat höchstens 64 Zeichen."),
        M::Name => &(CHECK_NAME, "Ein Name hat 1 bis 100 Zeichen."),
        M::PasswordTooShort => &(
            PASSWORD,
            "Dieses ist zu kurz. Nehmen Sie mindestens 15 Zeichen, zum Beispiel mehrere Wörter, die nichts \
             miteinander zu tun haben.",
        ),
        M::PasswordTooLong => &(PASSWORD, "Dieses ist zu lang. Nehmen Sie höchstens 256 Zeichen."),
        M::PasswordCommon => &(
            PASSWORD,
            "Dieses ist leicht zu erraten: Es besteht aus häufigen Wörtern, Wiederholungen oder Reihen. Nehmen Sie \
             mehrere Wörter, die nichts miteinander zu tun haben, oder lassen Sie einen Passwortmanager eines \
             erstellen.",
        ),
        M::PasswordPersonal => &(
            PASSWORD,
            "Dieses ist leicht zu erraten: Es besteht aus Ihrem Namen, Ihrer E-Mail-Adresse oder dem Namen dieser \
             Website. Nehmen Sie mehrere Wörter, die nichts mit Ihnen oder dieser Website zu tun haben.",
        ),
        M::RequiredToKeep => &(
            REQUIRED,
            "Ihre Organisation schreibt die Zwei-Faktor-Anmeldung vor. Deshalb können Sie sie nicht ausschalten.",
        ),
        M::RequiredLastAuthenticator => &(
            REQUIRED,
            "Ihre Organisation schreibt die Zwei-Faktor-Anmeldung vor. Deshalb können Sie die letzte \
             Authenticator-App nicht entfernen.",
        ),
        M::LastAuthenticator => &(
            "Behalten Sie eine Authenticator-App",
            "Das ist Ihre letzte. Richten Sie zuerst eine andere ein, oder schalten Sie die Zwei-Faktor-Anmeldung \
             aus.",
        ),
        M::AlreadyPostponed => &(
            "Geben Sie einen Wiederherstellungscode ein",
            "Sie haben das schon einmal verschoben. Geben Sie einen Ihrer Wiederherstellungscodes ein, oder \
             erstellen Sie neue.",
        ),
        M::InvitationGone => &(
            "Einladung ungültig",
            "Öffnen Sie den Link noch einmal. Führt er wieder hierher, wurde die Einladung benutzt, ersetzt oder \
             zurückgezogen, oder sie ist älter als sieben Tage: Bitten Sie um eine neue.",
        ),
        M::LoginExists => &(
            "Melden Sie sich zuerst an",
            "Für diese Adresse gibt es schon ein Konto. Melden Sie sich damit an und öffnen Sie die Einladung noch \
             einmal.",
        ),
        M::OtherLogin => &(
            "Mit anderem Konto angemeldet",
            "Diese Einladung ist für jemand anderen. Melden Sie sich ab und öffnen Sie den Link noch einmal.",
        ),
        M::NetworkResets { .. } => {
            &(TOO_MANY, "Aus Ihrem Netzwerk wurden zu viele Links angefordert. Versuchen Sie es in {} noch einmal.")
        }
        M::ResetGone => &(
            "Link ungültig",
            "Er wurde benutzt, ist älter als 30 Minuten oder nicht vollständig. Fordern Sie unten einen neuen an.",
        ),
        M::NoAccount => &(
            "Noch keine Organisation",
            "Sie gehören zurzeit keiner Organisation an. Öffnen Sie den Link in Ihrer Einladung, um einer \
             beizutreten.",
        ),
        M::InvalidToken => &(
            "Ungültiges Token",
            "Dieses Token ist unbekannt oder abgelaufen, oder wer es erstellt hat, darf es nicht mehr benutzen.",
        ),
        M::InvalidServiceToken => {
            &("Ungültiges Token", "Dieses Dienst-Token ist unbekannt, widerrufen oder abgelaufen.")
        }
        M::NotForService => &(FORBIDDEN, "Dieses Dienst-Token öffnet diesen Pfad mit dieser Methode nicht."),
        M::ProxyKey => &(
            FORBIDDEN,
            "Airlock-Proxy-Key ist nur für /check, Airlock-Relay-Key nur für das, was ein Proxy weiterleitet, und \
             jeder muss einer von PROXY_KEYS sein.",
        ),
        M::ProxyTarget => &(INVALID, "Nennen Sie in X-Forwarded-Uri den Pfad, um den es geht."),
        M::ForgedHeader => &(INVALID, "Lassen Sie die Header weg, die der App sagen, wer Sie sind."),
        M::NoServiceWorker => &(FORBIDDEN, "Die App darf auf diesem Host keinen Service Worker haben."),
        M::TokenScope => &(FORBIDDEN, "Dieses Token hat die Berechtigung dafür nicht."),
        M::TokenMakes => &(
            FORBIDDEN,
            "Mit einem Token können Sie nur Mitglieder hinzufügen. Melden Sie sich an, um Admins oder Inhaber \
             einzuladen oder zu ernennen.",
        ),
        M::Conflict => &(
            "Inzwischen geändert",
            "Jemand hat das im selben Moment geändert. Sehen Sie es sich noch einmal an und wiederholen Sie Ihre \
             Änderung, wenn sie noch richtig ist.",
        ),
        M::Cursor => &(INVALID, "Dieser Cursor stammt aus keiner Liste."),
        M::Limit => &(INVALID, "limit ist eine Zahl von 1 bis 50."),
        M::AuditSearch => &(INVALID, "Suchen Sie nach einer ID oder E-Mail-Adresse und nach dem Namen einer Aktion."),
        M::TwoFactorFilter => &(INVALID, "two_factor ist `set_up`, `not_set_up`, `enabled`, `disabled` oder `all`."),
        M::Sought => &(INVALID, "q ist ein Teil eines Namens oder einer E-Mail-Adresse, höchstens 254 Zeichen."),
        M::InviteHigher => &(FORBIDDEN, "Sie können niemanden zu einer höheren Rolle als Ihrer eigenen einladen."),
        M::StartOverUnsure => &(INVALID, "Um neu anzufangen, setzen Sie das Häkchen dort, wo steht, was endet."),
        M::EnoughInvitations => &(
            "Zu viele Einladungen",
            "Höchstens fünf am Tag an eine Adresse und fünfzig in der Stunde insgesamt. Versuchen Sie es später noch einmal.",
        ),
        M::AlreadyMember => {
            &("Schon Mitglied", "Diese Adresse gehört schon einem Mitglied, vielleicht einem deaktivierten.")
        }
        M::NothingToChange => &(INVALID, "Geben Sie an, was sich ändern soll: role, active oder name."),
        M::ChangeHigher => &(
            FORBIDDEN,
            "Sie können niemanden mit einer höheren Rolle ändern und keine höhere Rolle als Ihre eigene vergeben.",
        ),
        M::DeactivateSelf => &(FORBIDDEN, "Sie können sich nicht selbst deaktivieren. Bitten Sie einen anderen Admin."),
        M::NotJoinedAccess => &(
            NOT_JOINED,
            "Diese Person hat die Einladung nicht angenommen. Entfernen Sie sie, um die Einladung zurückzuziehen.",
        ),
        M::BelongsElsewhere => &(
            "Gehört auch anderen Organisationen an",
            "Zurücksetzen würde hier auch die anderen Organisationen dieser Person öffnen. Bitten Sie jemanden, der \
             alle davon verwaltet, oder den Betreiber dieser Website.",
        ),
        M::RemoveHigher => &(FORBIDDEN, "Sie können niemanden mit einer höheren Rolle als Ihrer eigenen entfernen."),
        M::RemoveSelf => &(FORBIDDEN, "Sie können sich nicht selbst entfernen. Bitten Sie einen anderen Admin."),
        M::LastOwner => &(
            "Behalten Sie einen Inhaber",
            "Eine Organisation braucht mindestens einen aktiven Inhaber. Geben Sie diese Rolle zuerst jemand \
             anderem.",
        ),
        M::ResetSelf => &(
            FORBIDDEN,
            "Sie können Ihre eigene Zwei-Faktor-Anmeldung hier nicht zurücksetzen. Ändern Sie sie in Ihrem Profil, \
             oder bitten Sie einen anderen Admin.",
        ),
        M::ResetHigher => &(FORBIDDEN, "Dieses Mitglied hat eine höhere Rolle als Sie."),
        M::NotJoinedReset => {
            &(NOT_JOINED, "Diese Person hat die Einladung nicht angenommen. Es gibt nichts zurückzusetzen.")
        }
        M::ServicePaths => &(
            "Pfade prüfen",
            "Geben Sie 1 bis 20 Pfade der App ein, zum Beispiel /api/* oder /files/*/pub, jeden mit höchstens 200 \
             Zeichen.",
        ),
        M::ServiceMethods => &(
            "Methoden prüfen",
            "Geben Sie 1 bis 20 Methoden in Großbuchstaben ein, zum Beispiel GET und POST, oder nur *.",
        ),
        M::TokenName => &(CHECK_NAME, "Ein Token hat einen Namen von 1 bis 64 Zeichen."),
        M::TokenScopes => &("Wählen Sie, wofür das Token gilt", "Wählen Sie mindestens eine Berechtigung."),
        M::TokenExpiry => {
            &("Ablauf prüfen", "Ein Token endet innerhalb eines Jahres, zum Beispiel 2030-01-31T00:00:00Z.")
        }
        M::TooManyTokens { .. } => {
            &("Zu viele Tokens", "Eine Organisation hat höchstens {} Tokens. Widerrufen Sie zuerst eines.")
        }
    }
}
