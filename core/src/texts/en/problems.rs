//! English: what can go wrong.

use crate::texts::{Message, Told};

pub(super) fn problem(message: Message) -> Told {
    use Message as M;
    const INVALID: &str = "Invalid request";
    const FORBIDDEN: &str = "Forbidden";
    const TOO_MANY: &str = "Too many attempts";
    const CODE: &str = "That code isn't right";
    const REQUIRED: &str = "Required by your account";
    const NOT_JOINED: &str = "Not joined yet";
    const PASSWORD: &str = "Choose another password";
    const EMAIL: &str = "Check the e-mail address";
    const CHECK_PASSWORD: &str = "Check the password";
    const CHECK_CODE: &str = "Check the code";
    const CHECK_NAME: &str = "Check the name";
    match message {
        M::Fields => (INVALID, "A field is missing, unknown, repeated or of the wrong type."),
        M::QueryFields => (INVALID, "A field of the query is missing, unknown, repeated or of the wrong type."),
        M::TooLarge => ("Request too large", "The body is larger than 16 KiB."),
        M::UnsupportedMediaType => {
            ("Unsupported media type", "Send application/x-www-form-urlencoded or application/json.")
        }
        M::ForPeople => (FORBIDDEN, "This page is for people. Open it in a browser."),
        M::Foreign => {
            (FORBIDDEN, "This request didn't come from a page of this site. Open the page again and try once more.")
        }
        M::NothingSaved => {
            ("Nothing was saved", "Sign in in a new tab, then come back here and reload: your browser sends it again.")
        }
        M::FormHeld => (
            "Send this form on?",
            "Press Continue if you expected this. If you're signed out, sign in in a new tab first.",
        ),
        M::SignInApart => ("Please sign in", "Sign in in a new tab, then come back here and reload."),
        M::OldPage => (
            "Nothing was changed",
            "This page is from before you last signed in or confirmed it's you. Open it again and try once more.",
        ),
        M::AppDown => (
            "The app can't be reached",
            "You're still signed in. Try again in a moment. If it keeps happening, tell whoever runs the app.",
        ),
        M::AppSlow => {
            ("The app is taking too long", "It didn't answer in time. You're still signed in. Try again in a moment.")
        }
        M::NotFound => ("Not found", "There's nothing at this address."),
        M::MethodNotAllowed => ("Method not allowed", "This address doesn't accept this method."),
        M::Misconfigured => (
            "This site isn't set up correctly",
            "It's nothing you did. The reason is in the site's log, for whoever runs it.",
        ),
        M::Unavailable => ("Not available", "Something isn't working on our side. Try again in a minute."),
        M::UnknownLanguage => ("Language not available", "Choose one of the languages at the end of each page."),
        M::LoginRequired => ("Sign in first", "You aren't signed in, or your session has ended."),
        M::VerifyRequired => ("Enter your code first", "Enter a one-time code to finish signing in."),
        M::EnrolRequired => ("Set up two-factor login first", "You need an authenticator to go on."),
        M::AlreadySignedIn => ("Already signed in", "There's nothing to do here."),
        M::ReauthRequired => {
            ("Confirm it's you", "Enter your password and a code again first. That counts for five minutes.")
        }
        M::NetworkLogins => (TOO_MANY, "Too many sign-ins from your network. Try again in a minute."),
        M::Passwords { .. } => (TOO_MANY, "Too many wrong passwords. Try again in {number}."),
        M::Busy => ("Busy", "Many people are signing in right now. Try again in a few seconds."),
        M::NetworkTries => (TOO_MANY, "Too many tries from your network. Try again in a minute."),
        M::CookiesBlocked => (
            "Allow cookies",
            "Your browser blocks cookies for this site, and signing in takes one. Allow them, then sign in again.",
        ),
        M::EmailAddress => (EMAIL, "Enter an e-mail address, such as name@example.com."),
        M::AsciiAddress => (
            EMAIL,
            "Use ASCII letters, such as name@example.com. If the domain has other letters, enter its xn-- form.",
        ),
        M::PasswordLength => (CHECK_PASSWORD, "A password has at most 1,024 bytes."),
        M::InvalidCredentials => (
            "Sign-in failed",
            "The e-mail address or the password is wrong. After several wrong tries, you'll have to wait for up to \
             15 minutes.",
        ),
        M::WrongPassword => (
            "Wrong password",
            "Enter the password you sign in with. After several wrong tries, you'll have to wait for up to 15 \
             minutes.",
        ),
        M::EnterPassword => (CHECK_PASSWORD, "Enter your password."),
        M::EnterCode => (CHECK_CODE, "Enter the six digits your authenticator app shows, or a recovery code."),
        M::CodeShape => (CHECK_CODE, "Enter all six digits."),
        M::RecoveryCodeShape => (CHECK_CODE, "A recovery code has 24 letters and digits, in six groups of four."),
        M::WrongCode => (CODE, "Enter the six digits your authenticator app shows now. Each code works once."),
        M::WrongNewCode => (CODE, "Enter the six digits your authenticator app shows now for this new entry."),
        M::WrongRecoveryCode => (CODE, "It isn't one of your recovery codes, or you've used it already."),
        M::NotRecoveryCode => (CODE, "It isn't one of your recovery codes."),
        M::UsedCode => (CODE, "You've already used this code. Wait for the next one; it comes within 30 seconds."),
        M::ClockBehind { .. } => (
            CODE,
            "Your app's clock is about {number} behind. Let your phone set its time automatically, then enter the code it \
             shows.",
        ),
        M::ClockAhead { .. } => (
            CODE,
            "Your app's clock is about {number} ahead. Let your phone set its time automatically, then enter a code in {number}.",
        ),
        M::AppAlgorithm => (
            CODE,
            "Your app doesn't support this kind of code. Set up another app, such as Google Authenticator or 2FAS.",
        ),
        M::AuthenticatorLocked => (
            TOO_MANY,
            "Your authenticator is locked after too many wrong codes. Use a recovery code, or ask an admin to reset \
             your two-factor login.",
        ),
        M::NoWayBack => (
            TOO_MANY,
            "Your authenticator is locked after too many wrong codes, and you have no recovery codes left. Ask an admin of \
             your account to reset your two-factor login.",
        ),
        M::LoginSpent => (TOO_MANY, "Too many wrong codes. Sign in again."),
        M::LoginTries { .. } => (TOO_MANY, "Too many wrong codes. Sign in again in {number}."),
        M::CodeTries { .. } => (TOO_MANY, "Too many wrong codes. Try again in {number}."),
        M::TooOften { .. } => {
            ("Too many times", "You've done this too many times within an hour. Try again in {number}.")
        }
        M::TooManyAuthenticators => ("Too many authenticators", "You already have ten. Remove one first."),
        M::NoEnrolment => (
            "Nothing to confirm",
            "You haven't started setting it up, or you took longer than 15 minutes. Start again.",
        ),
        M::WaitedTooLong => {
            ("That took too long", "Forms wait 15 minutes. Nothing has changed: go back and send yours again.")
        }
        M::CodesShownBefore => (
            "No longer shown",
            "You can see recovery codes for ten minutes after they're made. If you didn't save yours, make new ones in your profile.",
        ),
        M::NoRecoveryCodes => ("No recovery codes", "You'll get ten when you set up two-factor login."),
        M::TooLongToWait => {
            ("Nothing has changed yet", "What you sent is too long to keep. Confirm it's you, then send it again.")
        }
        M::NameTaken => (
            "Choose another name",
            "You already have an authenticator with this name. To move to a new phone, replace it.",
        ),
        M::NoAuthenticator => {
            ("Set up an authenticator first", "Recovery codes stand in for an authenticator, so you need one first.")
        }
        M::AuthenticatorFirst => (
            "Set up an authenticator first",
            "You don't have one that works. Once it's set up, you're asked for a code each time you sign in.",
        ),
        M::AuthenticatorName => (CHECK_NAME, "A name has at most 64 characters."),
        M::Name => (CHECK_NAME, "A name has 1 to 100 characters."),
        M::PasswordTooShort => {
            (PASSWORD, "This one is too short. Use at least 15 characters, such as several unrelated words.")
        }
        M::PasswordTooLong => (PASSWORD, "This one is too long. Use at most 256 characters."),
        M::PasswordCommon => (
            PASSWORD,
            "This one is easy to guess: it's made of common words, repetitions or sequences. Use several unrelated \
             words, or let a password manager make one.",
        ),
        M::PasswordPersonal => (
            PASSWORD,
            "This one is easy to guess: it's made of your name, your e-mail address or this site's name. Use several \
             words that have nothing to do with you or this site.",
        ),
        M::RequiredToKeep => (REQUIRED, "Your account requires two-factor login, so you can't turn it off."),
        M::RequiredLastAuthenticator => {
            (REQUIRED, "Your account requires two-factor login, so you can't remove your last authenticator.")
        }
        M::LastAuthenticator => {
            ("Keep one authenticator", "This is your last one. Set up another first, or turn off two-factor login.")
        }
        M::AlreadyPostponed => (
            "Enter a recovery code",
            "You've put this off once already. Enter one of your recovery codes, or make new ones.",
        ),
        M::InvitationGone => (
            "Invitation not valid",
            "Open the link again. If you still end up here, the invitation was used, replaced or withdrawn, or is \
             older than seven days: ask for a new one.",
        ),
        M::LoginExists => (
            "Sign in first",
            "There's already a login for this address. Sign in with it, then open the invitation again.",
        ),
        M::OtherLogin => {
            ("Signed in as someone else", "This invitation is for someone else. Sign out, then open the link again.")
        }
        M::NetworkResets { .. } => {
            (TOO_MANY, "Too many links were requested from your network. Try again in {number}.")
        }
        M::PasswordStopped => (
            "Password stopped",
            "“This wasn't me” was pressed in an e-mail to you, so this password no longer works. Choose “Forgot your password?” to set a new one, or ask an admin.",
        ),
        M::NotMeGone => (
            "Link not valid",
            "This link has been used, or its 72 hours are over. If someone else may know your password, set a new one: choose “Forgot your password?” where you sign in.",
        ),
        M::NotMeToday => (
            "Used already today",
            "This can be done once a day. If someone else may know your password, set a new one: choose “Forgot your password?” where you sign in.",
        ),
        M::RestoreSelf => (
            "Not your own",
            "You can't make your own password work again. Set a new one by e-mail, or ask another admin.",
        ),
        M::ResetGone => {
            ("Link not valid", "It was used, is older than 30 minutes, or is incomplete. Ask for a new one below.")
        }
        M::AddressTaken => (
            "Choose another address",
            "A login or an invitation has this one. Or a login had it until a few days ago, and can still have it back.",
        ),
        M::LinkGone => ("Link not valid", "It was used, has run out, or isn't whole. Nothing was changed."),
        M::NoAccount => (
            "No account yet",
            "You don't belong to an account right now. To join one, open the link in your invitation.",
        ),
        M::InvalidToken => {
            ("Invalid token", "This token is unknown or has expired, or its maker may no longer use it.")
        }
        M::InvalidServiceToken => ("Invalid token", "This service token is unknown, revoked or expired."),
        M::NotForService => (FORBIDDEN, "This service token doesn't open this path with this method."),
        M::ProxyKey => (
            FORBIDDEN,
            "Airlock-Proxy-Key is only for /check, Airlock-Relay-Key only for what a proxy relays, and each has to \
             be one of PROXY_KEYS.",
        ),
        M::ProxyTarget => (INVALID, "Say in X-Forwarded-Uri which path this is about."),
        M::ForgedHeader => (INVALID, "Leave out the headers that tell the app who you are."),
        M::NoServiceWorker => (FORBIDDEN, "The app can't have a service worker on this host."),
        M::TokenScope => (FORBIDDEN, "This token doesn't have the scope for this."),
        M::TokenMakes => (FORBIDDEN, "A token can only add members. Sign in to invite or appoint an admin or owner."),
        M::Conflict => (
            "Changed meanwhile",
            "Someone changed this at the same moment. Look at it again, then repeat your change if it's still right.",
        ),
        M::Cursor => (INVALID, "This cursor didn't come from a list."),
        M::Limit => (INVALID, "A limit is a number from 1 to 50."),
        M::AuditSearch => (INVALID, "Search for an id or an e-mail address, and for the name of an action."),
        M::TwoFactorFilter => (INVALID, "two_factor is `set_up`, `not_set_up`, `enabled`, `disabled` or `all`."),
        M::Sought => (INVALID, "q is part of a name or an e-mail address, at most 254 characters."),
        M::InviteHigher => (FORBIDDEN, "You can't invite anyone to a higher role than yours."),
        M::StartOverUnsure => (INVALID, "To start over, tick the box that says what ends."),
        M::EnoughInvitations => (
            "Too many invitations",
            "You can send five a day to one address, and fifty an hour in all. Try again later.",
        ),
        M::AlreadyMember => {
            ("Already a member", "This address already belongs to a member, perhaps a deactivated one.")
        }
        M::NothingToChange => (INVALID, "Say what to change: role, active or name."),
        M::ChangeHigher => {
            (FORBIDDEN, "You can't change someone with a higher role than yours, or give a higher role.")
        }
        M::DeactivateSelf => (FORBIDDEN, "You can't deactivate yourself. Ask another admin."),
        M::NotJoinedAccess => (NOT_JOINED, "This person hasn't accepted the invitation. To withdraw it, remove them."),
        M::BelongsElsewhere => (
            "Belongs to other accounts too",
            "This would open this person's other accounts as well. Ask an admin of all of them, or whoever \
             runs this site.",
        ),
        M::RemoveHigher => (FORBIDDEN, "You can't remove someone with a higher role than yours."),
        M::RemoveSelf => (FORBIDDEN, "You can't remove yourself. Ask another admin."),
        M::LastOwner => {
            ("Keep one owner", "An account needs at least one active owner. Make someone else an owner first.")
        }
        M::ResetSelf => (
            FORBIDDEN,
            "You can't reset your own two-factor login here. Change it in your profile, or ask another admin.",
        ),
        M::ResetHigher => (FORBIDDEN, "This member has a higher role than you."),
        M::NotJoinedReset => (NOT_JOINED, "This person hasn't accepted the invitation, so there's nothing to reset."),
        M::ServicePaths => (
            "Check the paths",
            "Enter 1 to 20 paths of the app, such as /api/* or /files/*/pub, each of at most 200 characters.",
        ),
        M::ServiceMethods => {
            ("Check the methods", "Enter 1 to 20 methods in capital letters, such as GET and POST, or * alone.")
        }
        M::TokenName => (CHECK_NAME, "A token has a name of 1 to 64 characters."),
        M::TokenScopes => ("Choose what the token is for", "Choose at least one scope."),
        M::TokenExpiry => ("Check when it expires", "Enter a time within a year, such as 2030-01-31T00:00:00Z."),
        M::StartsAt => ("Check the day", "Choose a day to come, within a year."),
        M::ExemptSelf => (FORBIDDEN, "You can't exempt yourself. Ask another admin."),
        M::NotJoinedExempt => {
            (NOT_JOINED, "This person hasn't accepted the invitation, so there's nobody to exempt yet.")
        }
        M::ExemptUntil => ("Check the day", "Choose a day to come, within 90 days."),
        M::ExemptWhy => ("Check the reason", "Give a reason, in up to 200 characters."),
        M::ExemptSetUp => ("Already set up", "They have set two-factor login up: there's nothing to exempt them from."),
        M::ExemptTooMany { .. } => {
            ("Too many exemptions", "At most {number} members are exempt at a time. End another exemption first.")
        }
        M::TooManyTokens { .. } => ("Too many tokens", "An account has at most {number} tokens. Revoke one first."),
        M::NothingShown => (
            "Nothing to show",
            "You can see a link or token for ten minutes, where you made it. If you didn't save one, make another.",
        ),
        M::LinkEnded => ("Link no longer valid", "The invitation was accepted, replaced or withdrawn."),
        M::TokenEnded => ("Token no longer valid", "It was revoked or has expired."),
    }
}
