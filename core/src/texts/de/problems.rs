//! German: what can go wrong.

use crate::texts::{Message, Told};

pub(super) fn problem(message: Message) -> Told {
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
        M::Fields => (INVALID, "Ein Feld fehlt, ist unbekannt, kommt mehrfach vor oder hat den falschen Typ."),
        M::QueryFields => {
            (INVALID, "Ein Feld der Adresse fehlt, ist unbekannt, kommt mehrfach vor oder hat den falschen Typ.")
        }
        M::TooLarge => ("Anfrage zu groß", "Der Inhalt ist größer als 16 KiB."),
        M::UnsupportedMediaType => {
            ("Medientyp nicht unterstützt", "Senden Sie application/x-www-form-urlencoded oder application/json.")
        }
        M::ForPeople => (FORBIDDEN, "Diese Seite ist für Menschen. Öffnen Sie sie im Browser."),
        M::Foreign => (
            FORBIDDEN,
            "Diese Anfrage kam nicht von einer Seite dieser Website. Öffnen Sie die Seite neu und versuchen Sie es \
             noch einmal.",
        ),
        M::NothingSaved => (
            "Nichts wurde gespeichert",
            "Melden Sie sich in einem neuen Tab an, kommen Sie hierher zurück und laden Sie neu: Ihr Browser sendet \
             alles noch einmal.",
        ),
        M::FormHeld => (
            "Dieses Formular weitersenden?",
            "Klicken Sie auf „Weiter“, wenn Sie damit gerechnet haben. Sind Sie abgemeldet, melden Sie sich zuerst \
             in einem neuen Tab an.",
        ),
        M::SignInApart => (
            "Bitte melden Sie sich an",
            "Melden Sie sich in einem neuen Tab an, kommen Sie hierher zurück und laden Sie neu.",
        ),
        M::OldPage => (
            "Nichts wurde geändert",
            "Die Seite stammt aus der Zeit vor Ihrer letzten Anmeldung oder Bestätigung. Öffnen Sie sie neu und \
             versuchen Sie es noch einmal.",
        ),
        M::AppDown => (
            "Die App ist nicht erreichbar",
            "Sie sind weiterhin angemeldet. Versuchen Sie es gleich noch einmal. Bleibt es so, geben Sie dem \
             Betreiber der App Bescheid.",
        ),
        M::AppSlow => (
            "Die App braucht zu lange",
            "Sie hat nicht rechtzeitig geantwortet. Sie sind weiterhin angemeldet. Versuchen Sie es gleich noch \
             einmal.",
        ),
        M::NotFound => ("Nicht gefunden", "Unter dieser Adresse gibt es nichts."),
        M::MethodNotAllowed => ("Methode nicht erlaubt", "Diese Adresse nimmt diese Methode nicht an."),
        M::Misconfigured => (
            "Diese Website ist falsch eingerichtet",
            "An Ihnen liegt es nicht. Der Betreiber findet den Grund im Protokoll.",
        ),
        M::Unavailable => (
            "Nicht verfügbar",
            "Bei uns funktioniert gerade etwas nicht. Versuchen Sie es in einer Minute noch einmal.",
        ),
        M::UnknownLanguage => ("Sprache nicht verfügbar", "Wählen Sie eine der Sprachen am Ende jeder Seite."),
        M::LoginRequired => ("Melden Sie sich zuerst an", "Sie sind nicht angemeldet, oder Ihre Sitzung ist beendet."),
        M::VerifyRequired => {
            ("Geben Sie zuerst Ihren Code ein", "Mit einem Einmalcode schließen Sie die Anmeldung ab.")
        }
        M::EnrolRequired => {
            ("Richten Sie zuerst die Zwei-Faktor-Anmeldung ein", "Zum Fortfahren brauchen Sie eine Authenticator-App.")
        }
        M::AlreadySignedIn => ("Schon angemeldet", "Hier gibt es nichts zu tun."),
        M::ReauthRequired => (
            "Bestätigen Sie Ihre Identität",
            "Geben Sie zuerst noch einmal Passwort und Code ein. Das gilt fünf Minuten lang.",
        ),
        M::NetworkLogins => {
            (TOO_MANY, "Zu viele Anmeldungen aus Ihrem Netzwerk. Versuchen Sie es in einer Minute noch einmal.")
        }
        M::Passwords { .. } => (TOO_MANY, "Zu viele falsche Passwörter. Versuchen Sie es in {number} noch einmal."),
        M::Busy => ("Ausgelastet", "Gerade melden sich viele an. Versuchen Sie es in einigen Sekunden noch einmal."),
        M::NetworkTries => {
            (TOO_MANY, "Zu viele Versuche aus Ihrem Netzwerk. Versuchen Sie es in einer Minute noch einmal.")
        }
        M::CookiesBlocked => (
            "Erlauben Sie Cookies",
            "Ihr Browser blockiert die Cookies dieser Website, und die Anmeldung braucht eines. Erlauben Sie sie und \
             melden Sie sich noch einmal an.",
        ),
        M::EmailAddress => (EMAIL, "Geben Sie eine E-Mail-Adresse ein, zum Beispiel name@example.com."),
        M::AsciiAddress => (
            EMAIL,
            "Verwenden Sie ASCII-Zeichen, zum Beispiel name@example.com. Hat die Domain andere Zeichen, geben Sie \
             ihre Form mit xn-- ein.",
        ),
        M::PasswordLength => (CHECK_PASSWORD, "Ein Passwort hat höchstens 1.024 Bytes."),
        M::InvalidCredentials => (
            "Anmeldung fehlgeschlagen",
            "Die E-Mail-Adresse oder das Passwort ist falsch. Nach mehreren Fehlversuchen müssen Sie bis zu 15 \
             Minuten warten.",
        ),
        M::WrongPassword => (
            "Falsches Passwort",
            "Geben Sie das Passwort ein, mit dem Sie sich anmelden. Nach mehreren Fehlversuchen müssen Sie bis zu 15 \
             Minuten warten.",
        ),
        M::EnterPassword => (CHECK_PASSWORD, "Geben Sie Ihr Passwort ein."),
        M::EnterCode => (
            CHECK_CODE,
            "Geben Sie die sechs Ziffern ein, die Ihre Authenticator-App anzeigt, oder einen Wiederherstellungscode.",
        ),
        M::CodeShape => (CHECK_CODE, "Geben Sie alle sechs Ziffern ein."),
        M::RecoveryCodeShape => {
            (CHECK_CODE, "Ein Wiederherstellungscode hat 24 Buchstaben und Ziffern in sechs Vierergruppen.")
        }
        M::WrongCode => {
            (CODE, "Geben Sie die sechs Ziffern ein, die Ihre Authenticator-App jetzt anzeigt. Jeder Code gilt einmal.")
        }
        M::WrongNewCode => (
            CODE,
            "Geben Sie die sechs Ziffern ein, die Ihre Authenticator-App jetzt für diesen neuen Eintrag anzeigt.",
        ),
        M::WrongRecoveryCode => {
            (CODE, "Das ist keiner Ihrer Wiederherstellungscodes, oder Sie haben ihn schon benutzt.")
        }
        M::NotRecoveryCode => (CODE, "Das ist keiner Ihrer Wiederherstellungscodes."),
        M::UsedCode => (
            CODE,
            "Diesen Code haben Sie schon benutzt. Warten Sie auf den nächsten; er kommt innerhalb von 30 Sekunden.",
        ),
        M::ClockBehind { .. } => (
            CODE,
            "Die Uhr Ihrer App geht um etwa {number} nach. Lassen Sie Ihr Telefon die Zeit automatisch einstellen und \
             geben Sie dann den angezeigten Code ein.",
        ),
        M::ClockAhead { .. } => (
            CODE,
            "Die Uhr Ihrer App geht um etwa {number} vor. Lassen Sie Ihr Telefon die Zeit automatisch einstellen und geben \
             Sie dann in {number} einen Code ein.",
        ),
        M::AppAlgorithm => (
            CODE,
            "Ihre App unterstützt dieses Verfahren nicht. Richten Sie eine andere App ein, zum Beispiel Google \
             Authenticator oder 2FAS.",
        ),
        M::AuthenticatorLocked => (
            TOO_MANY,
            "Ihre Authenticator-App ist nach zu vielen falschen Codes gesperrt. Verwenden Sie einen \
             Wiederherstellungscode, oder bitten Sie einen Admin, Ihre Zwei-Faktor-Anmeldung zurückzusetzen.",
        ),
        M::NoWayBack => (
            TOO_MANY,
            "Ihre Authenticator-App ist nach zu vielen falschen Codes gesperrt, und Sie haben keine \
             Wiederherstellungscodes mehr. Bitten Sie einen Admin Ihrer Organisation, Ihre Zwei-Faktor-Anmeldung \
             zurückzusetzen.",
        ),
        M::LoginSpent => (TOO_MANY, "Zu viele falsche Codes. Melden Sie sich noch einmal an."),
        M::LoginTries { .. } => (TOO_MANY, "Zu viele falsche Codes. Melden Sie sich in {number} noch einmal an."),
        M::CodeTries { .. } => (TOO_MANY, "Zu viele falsche Codes. Versuchen Sie es in {number} noch einmal."),
        M::TooOften { .. } => {
            ("Zu oft", "Sie haben das innerhalb einer Stunde zu oft getan. Versuchen Sie es in {number} noch einmal.")
        }
        M::TooManyAuthenticators => ("Zu viele Authenticator-Apps", "Sie haben schon zehn. Entfernen Sie zuerst eine."),
        M::NoEnrolment => (
            "Nichts zu bestätigen",
            "Sie haben das Einrichten nicht begonnen, oder es hat länger als 15 Minuten gedauert. Beginnen Sie neu.",
        ),
        M::TooLongToWait => (
            "Es hat sich noch nichts geändert",
            "Ihre Eingabe ist zu lang, um zu warten. Bestätigen Sie Ihre Identität und senden Sie sie dann noch einmal.",
        ),
        M::WaitedTooLong => (
            "Das hat zu lange gedauert",
            "Formulare warten 15 Minuten. Es hat sich nichts geändert: Gehen Sie zurück und senden Sie Ihres noch einmal.",
        ),
        M::CodesShownBefore => (
            "Wird nicht mehr angezeigt",
            "Wiederherstellungscodes sind nach dem Erstellen zehn Minuten lang zu sehen. Wenn Sie Ihre nicht gespeichert haben, erstellen Sie in Ihrem Profil neue.",
        ),
        M::NoRecoveryCodes => {
            ("Keine Wiederherstellungscodes", "Sie bekommen zehn, wenn Sie die Zwei-Faktor-Anmeldung einrichten.")
        }
        M::NameTaken => (
            "Wählen Sie einen anderen Namen",
            "Eine Authenticator-App mit diesem Namen haben Sie schon. Wenn Sie auf ein neues Telefon umziehen, ersetzen Sie sie.",
        ),
        M::NoAuthenticator => (
            "Richten Sie zuerst eine Authenticator-App ein",
            "Wiederherstellungscodes ersetzen eine Authenticator-App, deshalb brauchen Sie zuerst eine.",
        ),
        M::AuthenticatorFirst => (
            "Richten Sie zuerst eine Authenticator-App ein",
            "Sie haben keine, die funktioniert. Ist eine eingerichtet, werden Sie bei jeder Anmeldung nach einem Code gefragt.",
        ),
        M::AuthenticatorName => (CHECK_NAME, "Ein Name hat höchstens 64 Zeichen."),
        M::Name => (CHECK_NAME, "Ein Name hat 1 bis 100 Zeichen."),
        M::PasswordTooShort => (
            PASSWORD,
            "Dieses ist zu kurz. Nehmen Sie mindestens 15 Zeichen, zum Beispiel mehrere Wörter, die nichts \
             miteinander zu tun haben.",
        ),
        M::PasswordTooLong => (PASSWORD, "Dieses ist zu lang. Nehmen Sie höchstens 256 Zeichen."),
        M::PasswordCommon => (
            PASSWORD,
            "Dieses ist leicht zu erraten: Es besteht aus häufigen Wörtern, Wiederholungen oder Reihen. Nehmen Sie \
             mehrere Wörter, die nichts miteinander zu tun haben, oder lassen Sie einen Passwortmanager eines \
             erstellen.",
        ),
        M::PasswordPersonal => (
            PASSWORD,
            "Dieses ist leicht zu erraten: Es besteht aus Ihrem Namen, Ihrer E-Mail-Adresse oder dem Namen dieser \
             Website. Nehmen Sie mehrere Wörter, die nichts mit Ihnen oder dieser Website zu tun haben.",
        ),
        M::RequiredToKeep => (
            REQUIRED,
            "Ihre Organisation schreibt die Zwei-Faktor-Anmeldung vor. Deshalb können Sie sie nicht ausschalten.",
        ),
        M::RequiredLastAuthenticator => (
            REQUIRED,
            "Ihre Organisation schreibt die Zwei-Faktor-Anmeldung vor. Deshalb können Sie die letzte \
             Authenticator-App nicht entfernen.",
        ),
        M::LastAuthenticator => (
            "Behalten Sie eine Authenticator-App",
            "Das ist Ihre letzte. Richten Sie zuerst eine andere ein, oder schalten Sie die Zwei-Faktor-Anmeldung \
             aus.",
        ),
        M::AlreadyPostponed => (
            "Geben Sie einen Wiederherstellungscode ein",
            "Sie haben das schon einmal verschoben. Geben Sie einen Ihrer Wiederherstellungscodes ein, oder \
             erstellen Sie neue.",
        ),
        M::InvitationGone => (
            "Einladung ungültig",
            "Öffnen Sie den Link noch einmal. Führt er wieder hierher, wurde die Einladung benutzt, ersetzt oder \
             zurückgezogen, oder sie ist älter als sieben Tage: Bitten Sie um eine neue.",
        ),
        M::LoginExists => (
            "Melden Sie sich zuerst an",
            "Für diese Adresse gibt es schon ein Konto. Melden Sie sich damit an und öffnen Sie die Einladung noch \
             einmal.",
        ),
        M::OtherLogin => (
            "Mit anderem Konto angemeldet",
            "Diese Einladung ist für jemand anderen. Melden Sie sich ab und öffnen Sie den Link noch einmal.",
        ),
        M::NetworkResets { .. } => (
            TOO_MANY,
            "Aus Ihrem Netzwerk wurden zu viele Links angefordert. Versuchen Sie es in {number} noch einmal.",
        ),
        M::PasswordStopped => (
            "Passwort gesperrt",
            "In einer E-Mail an Sie wurde „Das war ich nicht“ gedrückt, darum gilt dieses Passwort nicht mehr. Legen Sie über „Passwort vergessen?“ ein neues fest oder fragen Sie einen Admin.",
        ),
        M::NotMeGone => (
            "Link ungültig",
            "Dieser Link wurde schon verwendet, oder seine 72 Stunden sind vorbei. Kennt vielleicht jemand anderes Ihr Passwort, legen Sie ein neues fest: „Passwort vergessen?“ auf der Anmeldeseite.",
        ),
        M::NotMeToday => (
            "Heute schon verwendet",
            "Das geht einmal am Tag. Kennt vielleicht jemand anderes Ihr Passwort, legen Sie ein neues fest: „Passwort vergessen?“ auf der Anmeldeseite.",
        ),
        M::RestoreSelf => (
            "Nicht Ihr eigenes",
            "Sie können Ihr eigenes Passwort nicht wieder gültig machen. Legen Sie per E-Mail ein neues fest oder fragen Sie einen anderen Admin.",
        ),
        M::ResetGone => (
            "Link ungültig",
            "Er wurde benutzt, ist älter als 30 Minuten oder nicht vollständig. Fordern Sie unten einen neuen an.",
        ),
        M::AddressTaken => (
            "Wählen Sie eine andere Adresse",
            "Diese gehört zu einem Konto oder einer Einladung. Oder sie gehörte bis vor Kurzem zu einem Konto, das sie noch \
             zurückbekommen kann.",
        ),
        M::LinkGone => {
            ("Link ungültig", "Er wurde benutzt, ist abgelaufen oder nicht vollständig. Es wurde nichts geändert.")
        }
        M::NoAccount => (
            "Noch keine Organisation",
            "Sie gehören zurzeit keiner Organisation an. Öffnen Sie den Link in Ihrer Einladung, um einer \
             beizutreten.",
        ),
        M::InvalidToken => (
            "Ungültiges Token",
            "Dieses Token ist unbekannt oder abgelaufen, oder wer es erstellt hat, darf es nicht mehr benutzen.",
        ),
        M::InvalidServiceToken => {
            ("Ungültiges Token", "Dieses Dienst-Token ist unbekannt, widerrufen oder abgelaufen.")
        }
        M::NotForService => (FORBIDDEN, "Dieses Dienst-Token öffnet diesen Pfad mit dieser Methode nicht."),
        M::ProxyKey => (
            FORBIDDEN,
            "Airlock-Proxy-Key ist nur für /check, Airlock-Relay-Key nur für das, was ein Proxy weiterleitet, und \
             jeder muss einer von PROXY_KEYS sein.",
        ),
        M::ProxyTarget => (INVALID, "Nennen Sie in X-Forwarded-Uri den Pfad, um den es geht."),
        M::ForgedHeader => (INVALID, "Lassen Sie die Header weg, die der App sagen, wer Sie sind."),
        M::NoServiceWorker => (FORBIDDEN, "Die App darf auf diesem Host keinen Service Worker haben."),
        M::TokenScope => (FORBIDDEN, "Dieses Token hat die Berechtigung dafür nicht."),
        M::TokenMakes => (
            FORBIDDEN,
            "Mit einem Token können Sie nur Mitglieder hinzufügen. Melden Sie sich an, um Admins oder Inhaber \
             einzuladen oder zu ernennen.",
        ),
        M::Conflict => (
            "Inzwischen geändert",
            "Jemand hat das im selben Moment geändert. Sehen Sie es sich noch einmal an und wiederholen Sie Ihre \
             Änderung, wenn sie noch richtig ist.",
        ),
        M::Cursor => (INVALID, "Dieser Cursor stammt aus keiner Liste."),
        M::Limit => (INVALID, "limit ist eine Zahl von 1 bis 50."),
        M::AuditSearch => (INVALID, "Suchen Sie nach einer ID oder E-Mail-Adresse und nach dem Namen einer Aktion."),
        M::TwoFactorFilter => (INVALID, "two_factor ist `set_up`, `not_set_up`, `enabled`, `disabled` oder `all`."),
        M::Sought => (INVALID, "q ist ein Teil eines Namens oder einer E-Mail-Adresse, höchstens 254 Zeichen."),
        M::InviteHigher => (FORBIDDEN, "Sie können niemanden zu einer höheren Rolle als Ihrer eigenen einladen."),
        M::StartOverUnsure => (INVALID, "Um neu anzufangen, setzen Sie das Häkchen dort, wo steht, was endet."),
        M::EnoughInvitations => (
            "Zu viele Einladungen",
            "Sie können höchstens fünf am Tag an eine Adresse und fünfzig in der Stunde insgesamt senden. Versuchen Sie es später noch einmal.",
        ),
        M::AlreadyMember => {
            ("Schon Mitglied", "Diese Adresse gehört schon einem Mitglied, vielleicht einem deaktivierten.")
        }
        M::NothingToChange => (INVALID, "Geben Sie an, was sich ändern soll: role, active oder name."),
        M::ChangeHigher => (
            FORBIDDEN,
            "Sie können niemanden mit einer höheren Rolle ändern und keine höhere Rolle als Ihre eigene vergeben.",
        ),
        M::DeactivateSelf => (FORBIDDEN, "Sie können sich nicht selbst deaktivieren. Bitten Sie einen anderen Admin."),
        M::NotJoinedAccess => (
            NOT_JOINED,
            "Diese Person hat die Einladung nicht angenommen. Entfernen Sie sie, um die Einladung zurückzuziehen.",
        ),
        M::BelongsElsewhere => (
            "Gehört auch anderen Organisationen an",
            "Das würde auch die anderen Organisationen dieser Person öffnen. Bitten Sie jemanden, der \
             alle davon verwaltet, oder den Betreiber dieser Website.",
        ),
        M::RemoveHigher => (FORBIDDEN, "Sie können niemanden mit einer höheren Rolle als Ihrer eigenen entfernen."),
        M::RemoveSelf => (FORBIDDEN, "Sie können sich nicht selbst entfernen. Bitten Sie einen anderen Admin."),
        M::LastOwner => (
            "Behalten Sie einen Inhaber",
            "Eine Organisation braucht mindestens einen aktiven Inhaber. Geben Sie diese Rolle zuerst jemand \
             anderem.",
        ),
        M::ResetSelf => (
            FORBIDDEN,
            "Sie können Ihre eigene Zwei-Faktor-Anmeldung hier nicht zurücksetzen. Ändern Sie sie in Ihrem Profil, \
             oder bitten Sie einen anderen Admin.",
        ),
        M::ResetHigher => (FORBIDDEN, "Dieses Mitglied hat eine höhere Rolle als Sie."),
        M::NotJoinedReset => {
            (NOT_JOINED, "Diese Person hat die Einladung nicht angenommen. Es gibt nichts zurückzusetzen.")
        }
        M::ServicePaths => (
            "Pfade prüfen",
            "Geben Sie 1 bis 20 Pfade der App ein, zum Beispiel /api/* oder /files/*/pub, jeden mit höchstens 200 \
             Zeichen.",
        ),
        M::ServiceMethods => (
            "Methoden prüfen",
            "Geben Sie 1 bis 20 Methoden in Großbuchstaben ein, zum Beispiel GET und POST, oder nur *.",
        ),
        M::TokenName => (CHECK_NAME, "Ein Token hat einen Namen von 1 bis 64 Zeichen."),
        M::TokenScopes => ("Wählen Sie, wofür das Token gilt", "Wählen Sie mindestens eine Berechtigung."),
        M::TokenExpiry => {
            ("Ablauf prüfen", "Geben Sie einen Zeitpunkt innerhalb eines Jahres an, zum Beispiel 2030-01-31T00:00:00Z.")
        }
        M::StartsAt => ("Tag prüfen", "Wählen Sie einen künftigen Tag innerhalb eines Jahres."),
        M::ExemptSelf => (FORBIDDEN, "Sie können sich nicht selbst ausnehmen. Bitten Sie einen anderen Admin."),
        M::NotJoinedExempt => {
            (NOT_JOINED, "Diese Person hat die Einladung nicht angenommen. Es gibt noch niemanden auszunehmen.")
        }
        M::ExemptUntil => ("Tag prüfen", "Wählen Sie einen künftigen Tag innerhalb von 90 Tagen."),
        M::ExemptWhy => ("Grund prüfen", "Geben Sie einen Grund an, in höchstens 200 Zeichen."),
        M::ExemptSetUp => (
            "Schon eingerichtet",
            "Die Zwei-Faktor-Anmeldung ist eingerichtet: Es gibt nichts, wovon dieses Mitglied auszunehmen wäre.",
        ),
        M::ExemptTooMany { .. } => (
            "Zu viele Ausnahmen",
            "Höchstens {number} Mitglieder sind gleichzeitig ausgenommen. Beenden Sie zuerst eine andere Ausnahme.",
        ),
        M::TooManyTokens { .. } => {
            ("Zu viele Tokens", "Eine Organisation hat höchstens {number} Tokens. Widerrufen Sie zuerst eines.")
        }
        M::NothingShown => (
            "Nichts anzuzeigen",
            "Ein Link oder Token ist zehn Minuten lang dort zu sehen, wo Sie ihn oder es erstellt haben. Wenn Sie etwas nicht gespeichert haben, erstellen Sie es neu.",
        ),
        M::LinkEnded => ("Link nicht mehr gültig", "Die Einladung wurde angenommen, ersetzt oder zurückgezogen."),
        M::TokenEnded => ("Token nicht mehr gültig", "Es wurde widerrufen oder ist abgelaufen."),
    }
}
