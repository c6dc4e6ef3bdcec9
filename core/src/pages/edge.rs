//! The pages of the edge Worker alone: joining, the profile, a forgotten password, another address.

use askama::Template;

use super::{
    Frame, Page, added,
    bodies::{InvitationBody, ProfileBody, StartOverBody},
    next, with_return_to,
    words::{date, last_seen, said_after, session_name},
};
use crate::{
    people::CodesKept,
    policy::Authenticator,
    ports::Fault,
    store::Profile,
    texts::{Device, EdgeTexts, Language},
    web::Response,
};

pages! { edge_texts, EdgeTexts;
    /// An invitation.
    Invitation "invitation.html" {
        /// The account's name.
        account: String,
        /// Who is invited.
        email: String,
        /// By what whoever opens it can join.
        by: JoinsBy,
    } {
        fn json(&self, _: Language) -> Response {
            let Self { account, email, by, .. } = self;
            let next = match by {
                JoinsBy::Password(_) => "password",
                JoinsBy::Login { .. } => "login",
                JoinsBy::Session(_) => "join",
                JoinsBy::Nothing(_) => "logout",
            };
            Response::json(200, &InvitationBody { account, email, next })
        }

        fn leads_on(&self) -> bool {
            true
        }
    }

    /// Asks before a login ends that nobody has proven to be theirs, and for a password in its place.
    StartOver "start_over.html" {
        /// The account that the invitation is to.
        account: String,
        /// Who is invited.
        email: String,
        /// The accounts that the login has joined.
        accounts: Vec<String>,
        /// What its form carries.
        form_key: String,
    } {
        fn json(&self, _: Language) -> Response {
            let Self { account, email, accounts, .. } = self;
            Response::json(200, &StartOverBody { account, email, next: "start_over", accounts })
        }

        fn leads_on(&self) -> bool {
            true
        }
    }

    /// Everything that is a person's own.
    ProfilePage "profile.html" {
        /// All of it.
        profile: Profile,
        /// What was done just before.
        done: String,
        /// Where they administer an account, if they do.
        admin: Option<String>,
        /// What its buttons carry.
        form_key: String,
    } {
        fn json(&self, language: Language) -> Response {
            Response::json(200, &ProfileBody::new(&self.profile, language.texts()))
        }
    }

    /// The name, and the switch.
    EditProfile "edit_profile.html" {
        /// Display name, as typed or as it is.
        name: String,
        /// Whether two-factor login is on.
        two_factor: bool,
        /// Whether there is an authenticator that it could ask for.
        authenticator: Authenticator,
        /// An account that requires it, so that there is no switch.
        required_by: Option<String>,
        /// What its form carries.
        form_key: String,
    }

    /// Offers to set it up before the day from which on that is required.
    Offer "offer.html" {
        /// The account that is going to require it.
        account: String,
        /// From when on.
        from: String,
        /// Where to go instead.
        return_to: String,
    } {
        fn json(&self, _: Language) -> Response {
            next("enrol")
        }

        fn address(&self, path: &str) -> Option<String> {
            Some(with_return_to(path, &self.return_to))
        }
    }

    /// Asks before two-factor login is turned off.
    TurnOff "turn_off.html" {
        /// What its form carries.
        form_key: String,
    }

    /// A new password.
    Password "password.html" {
        /// For the password manager.
        email: String,
        /// Whether the user may have API tokens.
        administers: bool,
        /// What its form carries.
        form_key: String,
    }

    /// Asks which address a link to a new password is to go to.
    Forgot "forgot.html" {
        /// What was typed before.
        email: String,
        /// What its form carries.
        form_key: String,
    } {
        fn json(&self, _: Language) -> Response {
            next("forgot")
        }
    }

    /// Says that one is on its way, if anyone has that address.
    ForgotSent "forgot_sent.html" {
        /// The address.
        email: String,
    } {
        fn json(&self, _: Language) -> Response {
            next("mail")
        }
    }

    /// What the button of a notice does.
    NotMe "not_me.html" {} {
        fn json(&self, _: Language) -> Response {
            next("not_me")
        }
    }

    /// That it is done, and what to do then.
    NotMeDone "not_me_done.html" {
        /// Where a new password is to be had.
        forgot: String,
    } {
        fn json(&self, _: Language) -> Response {
            next("forgot")
        }
    }

    /// A new password, by a link.
    ResetPassword "reset_password.html" {
        /// Whose it is: for the password manager.
        email: String,
        /// What its form carries.
        form_key: String,
    } {
        fn json(&self, _: Language) -> Response {
            next("password")
        }
    }

    /// Asks for a new address.
    Email "email.html" {
        /// The one that they have.
        present: String,
        /// What was typed before.
        email: String,
        /// What its form carries.
        form_key: String,
    } {
        fn json(&self, _: Language) -> Response {
            next("email")
        }
    }

    /// Says that a link is on its way there.
    EmailSent "email_sent.html" {
        /// The address.
        email: String,
    } {
        fn json(&self, _: Language) -> Response {
            next("mail")
        }
    }

    /// Asks before an address becomes someone's.
    EmailConfirm "email_confirm.html" {
        /// The address.
        email: String,
        /// By what whoever opens the link can confirm it.
        by: ConfirmedBy,
    } {
        fn json(&self, _: Language) -> Response {
            next(match self.by {
                ConfirmedBy::Session(_) => "confirm",
                ConfirmedBy::Login => "login",
                ConfirmedBy::Nothing(_) => "logout",
            })
        }
    }

    /// Asks before the address of before is put back.
    EmailUndo "email_undo.html" {
        /// The address.
        email: String,
        /// What its button carries.
        form_key: String,
    } {
        fn json(&self, _: Language) -> Response {
            next("undo")
        }
    }
}

/// By what whoever opens a link to a new address can confirm it.
pub enum ConfirmedBy {
    /// Their session: what the button carries.
    Session(String),
    /// The login of whoever asked for it, once they have signed in.
    Login,
    /// Nothing, as long as someone else is signed in: the one with this address.
    Nothing(String),
}

/// By what whoever opens an invitation can join.
pub enum JoinsBy {
    /// A password to choose, and what the form carries; or a login there is, once they have signed in.
    Password(String),
    /// The login that their address has, once they have signed in: the link was mailed, so who holds it may know of that.
    Login {
        /// Whether it may be somebody else's, as nobody has proven so far to read mail at the address.
        unproven: bool,
    },
    /// Their session: what the button carries.
    Session(String),
    /// Nothing, as long as someone else is signed in: the one with this address.
    Nothing(String),
}
