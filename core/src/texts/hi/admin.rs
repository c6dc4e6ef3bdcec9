//! Hindi: what the admin Worker says besides.

use super::TEXTS;
use crate::texts::AdminTexts;

pub(in crate::texts) static ADMIN: AdminTexts = AdminTexts {
    // Administering: the frame, and what is said of members.
    two_factor_short: "दो-चरणीय",
    members: "सदस्य",
    audit: "ऑडिट",
    api_tokens: "API टोकन",
    confirm_first: "पहले आप अपनी पहचान की पुष्टि करेंगे।",
    next_page: "अगला पेज",
    name_or_email: "नाम या ईमेल पता",
    show_all_members: "सभी सदस्य दिखाएँ",
    nobody_so_far: "अब तक कोई नहीं मिला। अभी और सदस्य देखने बाकी हैं।",
    invited_not_joined: "आमंत्रित, अभी जुड़े नहीं हैं",
    too_many_wrong: "बहुत सारे ग़लत कोड",
    since: "आरंभ:",
    last_used: "पिछला उपयोग:",
    set_up: "सेट अप है",
    not_asked_for: "कोड नहीं माँगा जाता",
    not_set_up: "सेट अप नहीं है",
    deactivated: "निष्क्रिय",
    // The policy.
    settings_security: "सेटिंग › सुरक्षा",
    two_factor_authentication: "दो-चरणीय लॉगिन",
    required: "अनिवार्य",
    from_next: "हर सदस्य के अगले लॉगिन से।",
    from_now: "खुले सत्रों के लिए भी।",
    not_required: "अनिवार्य नहीं",
    members_decide: "सदस्य स्वयं तय करते हैं।",
    if_stopped: "अगर आप इसे अनिवार्य नहीं रखते, तो सदस्य फिर से स्वयं तय करेंगे: जिन्होंने इसे चालू किया है, उनसे \
                 कोड माँगा जाता रहेगा, बाकी केवल पासवर्ड से साइन इन करेंगे। किसी का ऑथेंटिकेटर नहीं हटेगा।",
    if_required_all_have: "अगर आप इसे अनिवार्य करते हैं, तो हर बार साइन इन करते समय सबसे कोड माँगा जाएगा।",
    require: "दो-चरणीय लॉगिन अनिवार्य करें",
    stop_requiring: "अनिवार्य न रखें",
    apply_now: "खुले सत्रों पर अभी लागू करें",
    when: "कब",
    next_login: "अगले लॉगिन से",
    next_login_hint: "जो सत्र खुले हैं, वे समाप्त होने तक चलते रहेंगे।",
    at_once: "तुरंत",
    at_once_hint: "जो साइन इन हैं, वे अगले क्लिक पर इसे सेट अप करेंगे या कोड डालेंगे।",
    all: "सभी",
    nobody_yet: "अभी तक किसी ने इसे सेट अप नहीं किया है।",
    everybody_has: "सबने इसे सेट अप किया है।",
    nobody_here: "अभी कोई सदस्य नहीं है।",
    reset: "रीसेट करें",
    reset_not_self: "आप अपना दो-चरणीय लॉगिन रीसेट नहीं कर सकते।",
    policy_required: "दो-चरणीय लॉगिन अब से अनिवार्य है।",
    policy_not_required: "दो-चरणीय लॉगिन अब अनिवार्य नहीं है।",
    confirmed: "आपने अपनी पहचान की पुष्टि कर दी है। अभी कुछ बदला नहीं गया है।",
    // Asking once more.
    change_member: "सदस्य बदलें",
    reset_two_factor: "दो-चरणीय लॉगिन रीसेट करें",
    withdraw_invitation: "आमंत्रण वापस लें",
    remove_member: "सदस्य को हटाएँ",
    reset_stops: "इस सदस्य के ऑथेंटिकेटर और सभी रिकवरी कोड तुरंत काम करना बंद कर देंगे।",
    reset_sessions: "यह सदस्य सब जगह से साइन आउट हो जाएगा, और इसके बनाए API टोकन और आमंत्रण हर संगठन में काम करना \
                     बंद कर देंगे।",
    reset_next: "अगली बार साइन इन करने पर इस सदस्य को पहले दो-चरणीय लॉगिन सेट अप करना होगा; उससे पहले कुछ और नहीं \
                 खुलेगा।",
    no_undo: "आप इसे पहले जैसा नहीं कर सकते।",
    link_stops: "लिंक तुरंत काम करना बंद कर देगा।",
    remove_tokens: "इस सदस्य के बनाए API टोकन और आमंत्रण काम करना बंद कर देंगे।",
    invitation_needed: "वापस आने के लिए नया आमंत्रण चाहिए होगा।",
    // Members.
    invite_someone: "किसी को आमंत्रित करें",
    invite_note: "आपको एक लिंक मिलेगा, जिसे आप भेज सकते हैं। वह सात दिन तक, एक बार काम करता है।",
    invite: "आमंत्रित करें",
    invitation: "आमंत्रण",
    not_accepted: "आमंत्रण अभी स्वीकार नहीं हुआ है। नया लिंक पुराने की जगह ले लेता है।",
    make_link: "नया लिंक बनाएँ",
    mailed_note: "उन्हें एक लिंक वाला ईमेल मिलेगा। वह सात दिन तक, एक बार काम करता है, और कोई दूसरा उसे नहीं देखता।",
    send_again: "आमंत्रण फिर से भेजें",
    not_read: "ईमेल पते की पुष्टि अभी नहीं हुई है",
    this_is_you: "यह आप ही हैं। खुद को रीसेट कराने, निष्क्रिय कराने या हटवाने के लिए किसी दूसरे एडमिन से कहें।",
    access: "पहुँच",
    deactivating: "निष्क्रिय करने से इस संगठन में इस सदस्य के सत्र और API टोकन समाप्त हो जाते हैं। आप इसे वापस ले \
                   सकते हैं, पर सदस्य को फिर से साइन इन करना होगा।",
    deactivated_until: "निष्क्रिय: जब तक आप इस सदस्य को फिर से सक्रिय नहीं करते, यह इस संगठन का इस्तेमाल नहीं कर \
                        सकता।",
    deactivate: "निष्क्रिय करें",
    activate: "सक्रिय करें",
    password_stopped: "इस सदस्य को भेजे गए ईमेल में “यह मैं नहीं था” दबाया गया: उनका पासवर्ड अब काम नहीं करता। वे ईमेल से नया रखते हैं। अगर यह गलती थी, तो पुराना फिर चालू करें।",
    restore_password: "पासवर्ड फिर चालू करें",
    // The audit.
    what: "क्या",
    everything: "सब कुछ",
    who: "किसने",
    to_whom: "किसके साथ",
    exact: "पूरे ईमेल पते डालें।",
    nothing_found: "कुछ नहीं मिला।",
    nothing_found_yet: "अब तक कुछ नहीं मिला।",
    show_everything: "सब कुछ दिखाएँ",
    at_admin: "एडमिन पेजों पर",
    unknown: "अज्ञात",
    by_token: "API टोकन से",
    older: "पुरानी प्रविष्टियाँ",
    keep_copy: "एक प्रति रखें",
    keep_copy_why: "हर प्रविष्टि अपने से पहले की सभी प्रविष्टियों के हैश से सील होती है, और सबसे नई सील पर हर मिनट \
                    हस्ताक्षर होते हैं, इसलिए प्रति से पता चलता है कि बाद में कुछ हटाया या बदला गया या नहीं। \
                    सार्वजनिक कुंजियाँ भी सहेजें और अपनी प्रति इससे जाँचें:",
    keep_copy_parts: "एक फ़ाइल में 5,000 तक प्रविष्टियाँ होती हैं, सबसे पुरानी पहले। अगर और हों, तो फ़ाइल के नाम के \
                      अंत में उसकी आख़िरी प्रविष्टि की संख्या होती है: अगला भाग उसके बाद शुरू होता है।",
    public_keys: "सार्वजनिक कुंजियाँ",
    next_part: "अगला भाग डाउनलोड करें",
    after_entry: "इस प्रविष्टि संख्या के बाद",
    action_login: "साइन इन: पासवर्ड",
    action_verify: "साइन इन: कोड",
    action_recovery: "साइन इन: रिकवरी कोड",
    action_reauth: "पासवर्ड और कोड फिर से",
    action_logout: "साइन आउट",
    action_enrol: "ऑथेंटिकेटर सेट अप हुआ",
    action_recovery_codes: "नए रिकवरी कोड",
    action_policy: "नीति बदली",
    action_two_factor_reset: "दो-चरणीय लॉगिन रीसेट हुआ",
    action_member_invited: "सदस्य आमंत्रित",
    action_join: "आमंत्रण आज़माया गया",
    action_member_joined: "सदस्य जुड़ा",
    action_member_changed: "सदस्य बदला",
    action_member_removed: "सदस्य हटाया गया",
    action_token_made: "API टोकन बना",
    action_token_revoked: "API टोकन निरस्त",
    action_service_token_made: "सेवा टोकन बना",
    action_service_token_revoked: "सेवा टोकन निरस्त",
    action_alert: "चेतावनी",
    action_renamed: "अपना नाम बदला",
    action_password: "पासवर्ड में बदलाव",
    action_two_factor_enabled: "दो-चरणीय लॉगिन चालू किया",
    action_two_factor_disabled: "दो-चरणीय लॉगिन बंद किया",
    action_authenticator_removed: "ऑथेंटिकेटर हटाया गया",
    action_session_ended: "सत्र समाप्त",
    action_sessions_ended: "बाकी सत्र समाप्त",
    action_account_created: "संगठन बना",
    action_break_glass: "आपातकालीन पहुँच",
    action_everything_ended: "सब कुछ समाप्त",
    action_mail_given_up: "ईमेल नहीं पहुँचा",
    action_started_over: "नए सिरे से शुरू किया: पहले का लॉगिन समाप्त",
    mail_test: "टेस्ट ईमेल",
    mail_invitation: "आमंत्रण",
    mail_forgot: "नए पासवर्ड का लिंक",
    mail_email: "नए पते का लिंक",
    mail_email_changed: "पता बदलने की सूचना",
    mail_notice: "सूचना",
    mail_admin_notice: "एडमिन को सूचना",
    mail_unfinished: "बिना कोड के पासवर्ड की सूचना",
    action_not_me: "“यह मैं नहीं था”",
    action_password_restored: "पासवर्ड फिर चालू",
    detail_recovery_code: "रिकवरी कोड से",
    detail_replaced: "दूसरे की जगह",
    action_password_reset: "ईमेल के लिंक से पासवर्ड रखा",
    action_email_changed: "अपना पता बदला",
    action_email_undone: "पते का बदलाव पलटा",
    action_audit_trimmed: "पुरानी प्रविष्टियाँ हटाई गईं",
    result_credentials: "ग़लत पासवर्ड",
    result_code: "ग़लत कोड",
    result_conflict: "इस बीच बदल गया",
    result_failures: "कई विफल प्रयास",
    detail_next_login: "अगले लॉगिन से अनिवार्य",
    detail_now: "अभी से अनिवार्य",
    detail_not_required: "अनिवार्य नहीं",
    detail_activated: "सक्रिय किया",
    detail_deactivated: "निष्क्रिय किया",
    detail_renamed: "नाम बदला",
    detail_elsewhere: "किसी दूसरे संगठन में",
    detail_operator: "ऑपरेटर द्वारा",
    detail_key: "कुंजी",
    detail_codes_too: "रिकवरी कोड भी",
    // API tokens.
    api_description: "API का विवरण",
    make_token: "टोकन बनाएँ",
    what_for: "यह किसके लिए है",
    ends_after: "समाप्त होगा",
    days_30: "30 दिन बाद",
    days_90: "90 दिन बाद",
    a_year: "एक साल बाद",
    no_tokens: "अभी कोई टोकन नहीं है।",
    for_: "किसके लिए",
    last_used_label: "पिछला उपयोग",
    ends: "समाप्ति",
    revoke: "निरस्त करें",
    never: "कभी नहीं",
    new_token: "नया API टोकन",
    token_advice: "प्रोग्राम इसे हर अनुरोध के साथ Authorization हेडर में Bearer शब्द के बाद भेजता है।",
    shown_once: "इसे अभी सहेजें: यह यहाँ दस मिनट तक दिखेगा।",
    scope_two_factor_read: "दो-चरणीय लॉगिन की नीति देखना",
    scope_two_factor_write: "दो-चरणीय लॉगिन की नीति बदलना",
    scope_reset: "सदस्यों का दो-चरणीय लॉगिन रीसेट करना",
    scope_users_read: "सदस्यों को देखना",
    scope_users_write: "सदस्यों को आमंत्रित करना, बदलना और हटाना; एडमिन या मालिक बनाना नहीं",
    scope_audit_read: "ऑडिट पढ़ना",
    // Service tokens.
    service_tokens: "सेवा टोकन",
    new_service_token: "नया सेवा टोकन",
    service_token_advice: "प्रोग्राम इसे Airlock-Token हेडर में भेजते हैं। जो ऐसा नहीं कर सकते, जैसे git, WebDAV और \
                           npm, वे इसे किसी भी नाम के साथ पासवर्ड की तरह भेजते हैं।",
    paths: "पथ",
    paths_hint: "एक या ज़्यादा, बीच में खाली जगह। /api/* यानी /api/ के नीचे सब कुछ; /*/info/* में बीच में कुछ भी हो \
                 सकता है।",
    methods: "मेथड",
    methods_hint: "जैसे GET POST, या सभी के लिए * लिखें। GET केवल पढ़ता है।",
    opens: "क्या खोलता है",
    for_everyone: |account| format!("{account} में सभी के लिए"),
    set_up_by: |n, members| {
        let by = if n == 1 { "सदस्य" } else { "सदस्यों" };
        format!("{members} में से {n} {by} ने इसे सेट अप किया है।")
    },
    set_up_not_asked: |n| match n {
        1 => "उनमें से एक से कोड नहीं माँगा जाता।".to_owned(),
        _ => format!("उनमें से {n} से कोड नहीं माँगा जाता।"),
    },
    of_members: |n, members| {
        let by = if n == 1 { "सदस्य" } else { "सदस्यों" };
        format!("{members} में से {n} {by}")
    },
    led_to_it: |n| {
        let they = if n == 1 { "उसे" } else { "उन्हें" };
        format!("ने नहीं किया है; आगे बढ़ने से पहले {they} यह करना होगा।")
    },
    asked_to: |n| {
        let them = if n == 1 { "उससे" } else { "उनसे" };
        format!("ने इसे सेट अप नहीं किया है और अगले लॉगिन पर {them} यह करने को कहा जाएगा। इसे छोड़ा नहीं जा सकता।")
    },
    just_password: |n| {
        let they = if n == 1 { "करेगा" } else { "करेंगे" };
        format!("ने इसे सेट अप नहीं किया है और आगे भी केवल पासवर्ड से साइन इन {they}।")
    },
    stop_question: |account| format!("{account} में दो-चरणीय लॉगिन अब अनिवार्य न रखें?"),
    require_question: |account| format!("{account} में दो-चरणीय लॉगिन अनिवार्य करें?"),
    nobody_has: |letters| format!("यहाँ किसी के नाम या पते में “{letters}” नहीं है।"),
    reset_of: |email| format!("{email} का दो-चरणीय लॉगिन रीसेट करें"),
    reset_question: |email| format!("{email} का दो-चरणीय लॉगिन रीसेट करें?"),
    reset_why: |name| {
        let member = if name.is_empty() { "यही सदस्य" } else { name };
        format!(
            "उन सदस्यों के लिए, जिनका फ़ोन या ऑथेंटिकेटर ऐप खो गया है। पहले पक्का कर लें कि अनुरोध सचमुच {member} \
                 की ओर से है।"
        )
    },
    was_reset: |email| {
        format!("{email} का दो-चरणीय लॉगिन रीसेट कर दिया गया है। अगली बार साइन इन करने पर उसे फिर से सेट अप करना होगा।")
    },
    withdraw_question: |email| format!("{email} का आमंत्रण वापस लें?"),
    remove_question: |email, account| format!("{email} को {account} से हटाएँ?"),
    remove_sessions: |account| format!("यह सदस्य {account} से साइन आउट हो जाएगा और उसे इस्तेमाल नहीं कर सकेगा।"),
    only_role: |role| {
        let role = ADMIN.role(role);
        format!("जिसकी भूमिका {role} है, उसे केवल {role} की भूमिका वाला ही बदल, रीसेट या हटा सकता है।")
    },
    members_of: |account| format!("{account} के सदस्य"),
    invited: |email, role| {
        let role = ADMIN.role(role);
        format!(
            "यह लिंक {email} को भेजें। यह सात दिन तक, एक बार काम करता है: इसे इस्तेमाल करने वाला {role} की भूमिका \
                 में जुड़ता है।"
        )
    },
    invitation_mailed: |email| format!("हमने {email} को आमंत्रण भेज दिया है। उसका लिंक सात दिन तक, एक बार काम करता है।"),
    invitation_withdrawn: |email| format!("{email} का आमंत्रण वापस ले लिया गया है।"),
    removed_from_account: |email| format!("{email} को संगठन से हटा दिया गया है।"),
    revoked: |name| format!("“{name}” निरस्त कर दिया गया है और अब काम नहीं करता।"),
    detail_as: |role| format!("{} के रूप में", ADMIN.role(role)),
    detail_role: |from, to| format!("भूमिका {} से {}", ADMIN.role(from), ADMIN.role(to)),
    detail_trimmed: |rows, last| match rows {
        1 => format!("एक प्रविष्टि, क्रमांक {last} तक"),
        rows => format!("{rows} प्रविष्टियाँ, क्रमांक {last} तक"),
    },
    tokens_for: |account| {
        format!(
            "उन प्रोग्रामों के लिए जो {account} के सदस्यों का प्रबंधन करते हैं। टोकन वही कर सकता है जो उसे बनाने वाला \
             उस समय कर सकता है, अपने दायरे के भीतर, और उससे ज़्यादा कभी नहीं।"
        )
    },
    service_tokens_for: |account| {
        format!(
            "उन प्रोग्रामों के लिए जो साइन इन किए बिना {account} के नाम से ऐप इस्तेमाल करते हैं। ये बनाने वाले के जाने के बाद भी काम करते हैं: कोई एडमिन जाए तो इन्हें देख लें।"
        )
    },
    made_by: |email| format!("{email} ने बनाया"),
    everywhere: &TEXTS,
};
