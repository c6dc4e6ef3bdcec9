//! Thieves who know a password: they see what is typed, sometimes steal a browser's cookies, and use up what is counted.

use airlock::people::session::Site;

use super::{Act, Acts, Cast, Dice, Stage, Who};

impl Cast<'_> {
    /// What a thief tries next.
    pub(super) fn theft(&mut self, dice: &mut Dice, client: usize) -> Option<Act> {
        let person = self.clients[client].person;
        if dice.chance(12) {
            let marks: Vec<usize> = (0..self.clients.len())
                .filter(|i| self.clients[*i].person == person && self.clients[*i].browser.site == Site::Edge)
                .collect();
            let mark = dice.pick(&marks).copied()?;
            let cookies = self.clients[mark].browser.cookies.clone();
            self.clients[client].stage = self.clients[mark].stage;
            self.clients[client].browser.cookies = cookies;
        }
        Some(match (self.clients[client].stage, dice.below(100)) {
            (_, 0..15) => Act::Gate,
            (_, 15..20) => self.reauth(dice, client),
            (Stage::Login, _) => self.login(dice, client),
            (Stage::Verify, _) => self.second_step(dice, client),
            (Stage::Enrol, _) => Act::Begin,
            (Stage::Full, 20..40) => Act::NewCodes,
            (Stage::Full, 40..60) => Act::Disable,
            (Stage::Full, 60..80) => Act::Begin,
            (Stage::Full, _) => Act::EndOthers,
        })
    }

    /// A thief, and the person they pretend to be.
    pub(super) fn thief(&self, dice: &mut Dice) -> (usize, usize) {
        let thief = self.thieves[dice.below(self.thieves.len())];
        (thief, self.clients[thief].person)
    }

    /// Signs in with nothing but a password, and sets up the thief's own phone if it comes to that.
    pub(super) fn sign_in_as(&mut self, thief: usize, person: usize) -> Option<Acts> {
        let act = match (self.clients[thief].stage, self.clients[thief].setup.clone()) {
            (Stage::Login | Stage::Verify, _) => self.login_of(person, "/"),
            (Stage::Enrol, Some(setup)) => {
                Act::Confirm { code: self.world.code(&setup, 0), name: "Mine".to_owned(), replaces: String::new() }
            }
            (Stage::Enrol, None) => Act::Begin,
            (Stage::Full, _) => Act::Gate,
        };
        self.one(thief, act)
    }

    /// Signs in by password alone again and again, and keeps the cookies for the day codes are asked for.
    pub(super) fn hoard(&mut self, dice: &mut Dice) -> Option<Acts> {
        let (thief, person) = self.thief(dice);
        let all: Vec<usize> =
            (0..self.clients.len()).filter(|i| self.clients[*i].thief && self.clients[*i].person == person).collect();
        if all.len() < 5 {
            let browser = self.world.browser();
            let more = self.add(person, browser, true);
            return self.one(more, self.login_of(person, "/"));
        }
        let owner = self.owner(dice, person, None);
        if let Some(owner) = owner
            && self.people[person].seeds.is_empty()
            && dice.chance(50)
        {
            // They turn it on.
            let act = match (self.clients[owner].stage, self.clients[owner].setup.clone()) {
                (Stage::Login, _) => self.login_of(person, "/auth/profile"),
                (_, Some(setup)) => {
                    Act::Confirm { code: self.world.code(&setup, 0), name: String::new(), replaces: String::new() }
                }
                (_, None) => self.settle(owner).unwrap_or(Act::Begin),
            };
            return self.one(owner, act);
        }
        let one = dice.pick(&all).copied().unwrap_or(thief);
        let act = match self.clients[one].stage {
            Stage::Verify => Act::Verify { code: format!("{:06}", dice.below(1_000_000)) },
            _ => self.login_of(person, "/"),
        };
        self.one(one, act)
    }

    /// Signs in again and again, so that the owner's waiting login is pushed out.
    pub(super) fn crowd(&mut self, dice: &mut Dice, step: usize) -> Option<Acts> {
        let (thief, person) = self.thief(dice);
        match dice.below(10) {
            0..2 => {
                let owner = self.owner(dice, person, None)?;
                let act = match self.clients[owner].stage {
                    Stage::Verify => self.second_step(dice, owner),
                    _ => self.login_of(person, "/"),
                };
                self.one(owner, act)
            }
            2..4 => {
                // From a network beside the owner's, and from the owner's own.
                let near = self.owner(dice, person, None).map(|owner| self.clients[owner].browser.ip.clone());
                let ip = near.filter(|_| dice.chance(40)).unwrap_or_else(|| format!("198.51.100.{}", step % 3));
                self.clients[thief].browser.ip = ip;
                self.clients[thief].browser.cookies.borrow_mut().clear();
                self.one(thief, self.login_of(person, "/"))
            }
            _ => {
                self.clients[thief].browser.cookies.borrow_mut().clear();
                self.one(thief, self.login_of(person, "/"))
            }
        }
    }

    /// Wrong passwords from many networks.
    pub(super) fn flood(&mut self, dice: &mut Dice) -> Option<Acts> {
        let (thief, person) = self.thief(dice);
        if dice.chance(25) {
            let owner = self.owner(dice, person, None)?;
            return self.one(owner, self.login_of(person, "/"));
        }
        self.clients[thief].browser.ip = format!("198.51.100.{}", dice.below(5));
        let email = self.people[person].email.clone();
        let act = Act::Login { email, password: "something else entirely".to_owned(), return_to: "/" };
        Some((0..1 + dice.below(4)).map(|_| (Who::Browser(thief), act.clone())).collect())
    }

    /// Wrong codes, with a wrong password or where no code is asked for.
    pub(super) fn spend(&mut self, dice: &mut Dice) -> Option<Acts> {
        let (thief, person) = self.thief(dice);
        let full = self.owner(dice, person, Some(Stage::Full)).filter(|_| dice.chance(70));
        let client = full.unwrap_or(thief);
        let code = format!("{:06}", dice.below(1_000_000));
        let act = match dice.below(10) {
            0..5 => Act::Reauth {
                password: "something else entirely".to_owned(),
                code: Some(code),
                purpose: "account",
                waits: None,
            },
            5..9 => Act::Verify { code },
            _ => Act::Recovery { code: "0000-0000-0000-0000-0000-0000".to_owned() },
        };
        self.one(client, act)
    }
}
