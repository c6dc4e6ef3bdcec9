//! Hindi.

use super::{AdminTexts, Message, Said, Texts, duration, said};
use crate::password::Refusal;

pub(super) static TEXTS: Texts = Texts {
    // Every page.
    error: "त्रुटि",
    done_title: "हो गया",
    skip: "मुख्य सामग्री पर जाएँ",
    admin: "प्रशासन",
    language: "भाषा",
    start_page: "शुरुआती पेज पर जाएँ",
    // Words that come up on several.
    account: "खाता",
    accounts: "खाते",
    cancel: "रद्द करें",
    continue_: "आगे बढ़ें",
    done: "ठीक है",
    download: "डाउनलोड करें",
    email: "ईमेल पता",
    locked: "लॉक है",
    name: "नाम",
    new_password: "नया पासवर्ड",
    off: "बंद",
    on: "चालू",
    password: "पासवर्ड",
    password_hint: "कम से कम 15 अक्षर: चार-पाँच ऐसे शब्द जिनका आपस में कोई संबंध न हो, याद रखने में आसान और अनुमान \
                    लगाने में मुश्किल होते हैं।",
    recovery_code: "रिकवरी कोड",
    recovery_codes: "रिकवरी कोड",
    remove: "हटाएँ",
    role: "भूमिका",
    save: "सहेजें",
    search: "खोजें",
    sign_in: "साइन इन करें",
    sign_out: "साइन आउट करें",
    six_digit_code: "छह अंकों का कोड",
    turn_on: "दो-चरणीय लॉगिन चालू करें",
    two_factor: "दो-चरणीय लॉगिन",
    utc: "सभी समय UTC में हैं।",
    your_profile: "आपकी प्रोफ़ाइल",
    // Signing in.
    enter_code: "अपना कोड डालें",
    use_recovery_code_instead: "इसके बजाय रिकवरी कोड इस्तेमाल करें",
    someone_else: "किसी और के रूप में साइन इन करें",
    use_recovery_code: "रिकवरी कोड इस्तेमाल करें",
    recovery_hint: "उन दस कोड में से एक, जो आपने दो-चरणीय लॉगिन सेट अप करते समय संभालकर रखे थे। हर कोड एक बार काम \
                    करता है। छोटे-बड़े अक्षरों और हाइफ़न से फ़र्क नहीं पड़ता।",
    use_app: "इसके बजाय ऑथेंटिकेटर ऐप इस्तेमाल करें",
    no_codes_left: "कोई कोड नहीं बचा? अपने खाते के किसी एडमिन से अपना दो-चरणीय लॉगिन रीसेट करने को कहें।",
    confirm_it_is_you: "पुष्टि करें कि यह आप ही हैं",
    reauth: "अगले कदम के लिए आपका पासवर्ड एक बार फिर चाहिए। यह पाँच मिनट तक मान्य रहता है।",
    reauth_code: "अगले कदम के लिए आपका पासवर्ड और एक कोड एक बार फिर चाहिए। यह पाँच मिनट तक मान्य रहता है।",
    reauth_code_hint: "आपके ऑथेंटिकेटर ऐप से। रिकवरी कोड भी चलेगा।",
    signed_in: "साइन इन किया हुआ है",
    you_are_signed_in: "आप साइन इन हैं",
    // Setting up.
    authenticator_app: "ऑथेंटिकेटर ऐप",
    set_up: "दो-चरणीय लॉगिन सेट अप करें",
    demanded: "आपका खाता हर लॉगिन पर ऑथेंटिकेटर ऐप का कोड माँगता है। इसे सेट अप करने में एक मिनट लगता है।",
    demanded_of_admins: "एडमिन हर लॉगिन पर ऑथेंटिकेटर ऐप के कोड से साइन इन करते हैं। इसे सेट अप करने में एक मिनट लगता \
                         है।",
    scan: "यह कोड स्कैन करें",
    scan_with: "किसी ऑथेंटिकेटर ऐप से, जैसे Google Authenticator, 2FAS या आपका पासवर्ड मैनेजर।",
    cannot_scan: "स्कैन नहीं हो रहा?",
    open_here: "इसे इसी डिवाइस के किसी ऐप में खोलें",
    or_type: " या यह कुंजी टाइप करें:",
    enter_shown: "जो कोड दिखे, उसे डालें",
    codes_renewed: "इसके साथ दस नए रिकवरी कोड मिलेंगे; मौजूदा कोड काम करना बंद कर देंगे।",
    authenticator_name_hint: "ताकि आप अपने ऑथेंटिकेटर अलग-अलग पहचान सकें। उसी नाम वाला बदल दिया जाता है।",
    confirm: "पुष्टि करें",
    nothing_changes: "जब तक आप कोड नहीं डालते, कुछ नहीं बदलता।",
    start_again: "फिर से शुरू करें",
    keep_codes: "अपने रिकवरी कोड संभालकर रखें",
    codes_why: "अगर आपका फ़ोन खो जाए, तो इनमें से हर कोड से आप एक बार साइन इन कर सकते हैं।",
    codes_once: "ये केवल अभी दिखाए जा रहे हैं",
    codes_how: ": यह पेज प्रिंट करें, कोड डाउनलोड करें या उन्हें अपने पासवर्ड मैनेजर में रखें।",
    codes_kept: "मैंने इन्हें संभालकर रख लिया है, आगे बढ़ें",
    kept_title: "दिखाएँ कि आपके कोड आपके पास हैं",
    kept_question: "क्या आपके रिकवरी कोड आपके पास हैं?",
    kept_why: "उनमें से एक टाइप करें, ताकि पक्का हो जाए कि फ़ोन न रहने पर वे आपको मिल जाएँगे। इससे कोड ख़र्च नहीं \
               होता।",
    kept_hint: "दस में से कोई भी। छोटे-बड़े अक्षरों और हाइफ़न से फ़र्क नहीं पड़ता।",
    kept_later: "अगले लॉगिन पर पूछें",
    kept_new: "मेरे पास नहीं हैं: नए बनाएँ",
    lost_app: "अगर आपका ऑथेंटिकेटर ऐप हमेशा के लिए खो गया है, तो",
    lost_app_link: "नया सेट अप करें",
    lost_app_rest: ": उसके साथ दस नए कोड मिलते हैं।",
    few_left: "जल्दी करें: थोड़े ही कोड बचे हैं।",
    // Invitations.
    join_existing: "किसी दूसरे खाते के लिए यहाँ आपका पासवर्ड पहले से है। उसी पते से जुड़ने के लिए उसे डालें।",
    join_new: "साइन इन करने के लिए एक पासवर्ड चुनें।",
    your_password: "आपका पासवर्ड",
    join_button: "जुड़ें",
    welcome: "स्वागत है",
    joined_next: "आमंत्रण का काम पूरा हुआ। अब से आप अपने पते और पासवर्ड से साइन इन करते हैं।",
    // One's own profile.
    edit_profile: "प्रोफ़ाइल बदलें",
    is_on: "यह चालू है।",
    not_yet: "यह अभी सेट अप नहीं है।",
    no_switch: "आपका एक खाता इसे सबके लिए अनिवार्य करता है, इसलिए यहाँ कोई स्विच नहीं है।",
    asked: "यह चालू है: हर लॉगिन पर आपसे कोड माँगा जाता है।",
    switch_links: "ऑथेंटिकेटर, रिकवरी कोड और इसे बंद करना",
    why_two_factor: "इसके साथ लॉगिन के लिए आपका पासवर्ड और आपके फ़ोन के ऐप का कोड, दोनों चाहिए। इनमें से कोई एक \
                     चुराने वाला आगे नहीं बढ़ पाता।",
    enable: "2FA चालू करें",
    change_password: "पासवर्ड बदलें",
    current_password: "मौजूदा पासवर्ड",
    other_sessions_end: "आपके बाकी सत्र समाप्त हो जाएँगे।",
    asked_each_login: "हर लॉगिन पर आपसे कोड माँगा जाता है।",
    required_by_account: "आपका एक खाता इसे अनिवार्य करता है, इसलिए इसे बंद नहीं किया जा सकता।",
    password_alone: "केवल आपके पासवर्ड से सब कुछ खुल जाता है।",
    turn_it_on: "इसे चालू करें",
    not_asked: "आपके पास ऑथेंटिकेटर है, पर आपसे उसके कोड नहीं माँगे जाते।",
    locked_out: "लगातार बहुत सारे ग़लत कोड डाले गए: आपके ऑथेंटिकेटर अब कुछ स्वीकार नहीं करते। रिकवरी कोड से दोबारा लॉगिन करके नया \
                 सेट अप करें, या अपने खाते के प्रशासक से रीसेट करने को कहें।",
    authenticators: "ऑथेंटिकेटर",
    add_authenticator: "ऑथेंटिकेटर जोड़ें",
    add_authenticator_rest: " या नए फ़ोन पर ले जाएँ: नए की पुष्टि होने तक पुराना काम करता है।",
    make_before: "इनके ख़त्म होने से पहले नए बनाएँ।",
    not_shown: "आपने अभी तक नहीं दिखाया है कि वे आपके पास सुरक्षित हैं।",
    do_it_now: "अभी दिखाएँ",
    make_codes: "नए रिकवरी कोड बनाएँ",
    turn_off_title: "दो-चरणीय लॉगिन बंद करें",
    turn_off_what: "आपके ऑथेंटिकेटर और रिकवरी कोड हटा दिए जाएँगे और आपके बाकी सत्र समाप्त हो जाएँगे। उसके बाद केवल \
                    आपके पासवर्ड से सब कुछ खुल जाएगा।",
    turn_it_off: "इसे बंद करें",
    sessions: "आप कहाँ साइन इन हैं",
    this_one: "यही सत्र",
    end: "समाप्त करें",
    end_others: "बाकी सभी समाप्त करें",
    unknown_device: "अज्ञात डिवाइस",
    saved: "सहेजा गया।",
    done_set_up: "आपका ऑथेंटिकेटर सेट अप हो गया है। आपके बाकी सत्र समाप्त हो गए हैं।",
    done_disabled: "दो-चरणीय लॉगिन बंद है। आपके बाकी सत्र समाप्त हो गए हैं।",
    done_removed: "हटाया गया। आपके बाकी सत्र समाप्त हो गए हैं।",
    done_ended: "समाप्त हुआ।",
    done_password: "आपका पासवर्ड बदल गया है। आपके बाकी सत्र समाप्त हो गए हैं।",

    open_app: |site| format!("अपना ऑथेंटिकेटर ऐप खोलें और {site} के लिए जो कोड दिखे, उसे टाइप करें।"),
    step_of: |step, steps| format!("{steps} में से चरण {step}"),
    parameters: |algorithm, digits, seconds| format!("समय-आधारित, {algorithm}, {digits} अंक, {seconds} सेकंड।"),
    codes_left: |n| match n {
        1 => "एक रिकवरी कोड बचा है।".to_owned(),
        n => format!("{n} रिकवरी कोड बचे हैं।"),
    },
    used_codes_left: |n| match n {
        0 => "यह आपका आख़िरी रिकवरी कोड था।".to_owned(),
        1 => "आपके पास एक रिकवरी कोड बचा है।".to_owned(),
        n => format!("आपके पास {n} रिकवरी कोड बचे हैं।"),
    },
    codes_file: |site| format!("{site} के रिकवरी कोड"),
    join: |account| format!("{account} से जुड़ें"),
    joined: |account| format!("आप {account} से जुड़ गए हैं"),
    added: |day, last_code| format!("{day} को जोड़ा गया, पिछला कोड {last_code}"),
    last_seen: |moment| format!("पिछली गतिविधि {moment}"),
    device: |browser, system| format!("{system} पर {browser}"),
    as_admin: |device| format!("{device}, एडमिन के रूप में"),
    waiting: |device| format!("{device}, कोड का इंतज़ार है"),
    problem,
};

pub(super) static ADMIN: AdminTexts = AdminTexts {
    // Administering: the frame, and what is said of members.
    two_factor_short: "दो-चरणीय",
    members: "सदस्य",
    audit: "ऑडिट",
    api_tokens: "API टोकन",
    confirm_first: "पहले आप पुष्टि करेंगे कि यह आप ही हैं।",
    next_page: "अगला पेज",
    email_begins: "ईमेल पते की शुरुआत",
    show_every_address: "सभी पते दिखाएँ",
    role_member: "सदस्य",
    role_admin: "एडमिन",
    role_owner: "मालिक",
    invited_not_joined: "आमंत्रित, अभी जुड़े नहीं हैं",
    too_many_wrong: "बहुत सारे ग़लत कोड",
    since: "आरंभ:",
    last_used: "पिछला उपयोग:",
    not_set_up: "सेट अप नहीं है",
    deactivated: "निष्क्रिय",
    // The policy.
    settings_security: "सेटिंग › सुरक्षा",
    two_factor_authentication: "दो-चरणीय प्रमाणीकरण",
    required: "अनिवार्य",
    from_next: "हर सदस्य के अगले लॉगिन से।",
    from_now: "खुले सत्रों के लिए भी।",
    not_required: "अनिवार्य नहीं",
    members_decide: "सदस्य स्वयं तय करते हैं।",
    if_stopped: "अगर आप इसे अनिवार्य नहीं रखते, तो फिर हर सदस्य की अपनी पसंद मान्य होगी: जिसने इसे चालू किया है, उससे \
                 कोड माँगा जाता रहेगा, बाकी केवल पासवर्ड से साइन इन करेंगे। किसी का ऑथेंटिकेटर नहीं हटता।",
    if_required_all_have: "अगर आप इसे अनिवार्य करते हैं, तो हर लॉगिन पर कोड माँगा जाएगा।",
    if_required: "अगर आप इसे अनिवार्य करते हैं:",
    change_this: "इसे बदलें",
    require: "दो-चरणीय लॉगिन अनिवार्य करें",
    stop_requiring: "अनिवार्य न रखें",
    apply_now: "खुले सत्रों पर अभी लागू करें",
    when: "कब",
    next_login: "अगले लॉगिन से",
    next_login_hint: "जो सत्र खुले हैं, वे समाप्त होने तक चलते रहेंगे।",
    at_once: "तुरंत",
    at_once_hint: "जो सत्र खुले हैं, वे अगले क्लिक पर सेट-अप या कोड पर ले जाए जाएँगे।",
    who_has_it: "किसके पास है",
    have_it: "जिनके पास है",
    have_it_not: "जिनके पास नहीं है",
    all: "सभी",
    nobody_yet: "अभी तक किसी ने इसे सेट अप नहीं किया है।",
    everybody_has: "सबके पास है।",
    nobody_here: "यहाँ अभी कोई नहीं है।",
    reset: "रीसेट करें",
    policy_required: "दो-चरणीय लॉगिन अब से अनिवार्य है।",
    policy_not_required: "दो-चरणीय लॉगिन अब अनिवार्य नहीं है।",
    confirmed: "आपने पुष्टि कर दी है कि यह आप ही हैं। अभी कुछ बदला नहीं गया है।",
    // Asking once more.
    reset_two_factor: "दो-चरणीय लॉगिन रीसेट करें",
    withdraw_invitation: "आमंत्रण वापस लें",
    remove_member: "सदस्य को हटाएँ",
    reset_stops: "ऑथेंटिकेटर और सभी रिकवरी कोड तुरंत काम करना बंद कर देंगे।",
    reset_sessions: "हर सत्र समाप्त हो जाएगा, यहाँ भी और बाकी जगह भी।",
    reset_next: "अगले लॉगिन पर पासवर्ड सेट-अप पर ले जाएगा और उसके पूरा होने तक कुछ और नहीं खुलेगा।",
    no_undo: "इसे पहले जैसा नहीं किया जा सकता।",
    link_stops: "लिंक तुरंत काम करना बंद कर देगा।",
    remove_tokens: "इस सदस्य के बनाए API टोकन काम करना बंद कर देंगे।",
    invitation_needed: "वापस आने के लिए नया आमंत्रण चाहिए होगा।",
    // Members.
    invite_someone: "किसी को आमंत्रित करें",
    invite_note: "आपको एक लिंक मिलेगा, जिसे आप भेज सकते हैं। वह सात दिन तक, एक बार काम करता है।",
    invite: "आमंत्रित करें",
    invitation: "आमंत्रण",
    not_accepted: "अभी स्वीकार नहीं हुआ है। नया लिंक पिछले की जगह ले लेता है।",
    make_link: "नया लिंक बनाएँ",
    withdraw: "वापस लें",
    this_is_you: "यह आप हैं: कोई दूसरा एडमिन आपको रीसेट, निष्क्रिय या हटा सकता है।",
    access: "पहुँच",
    deactivating: "निष्क्रिय करने से हर सत्र तुरंत समाप्त हो जाता है। इसे वापस लिया जा सकता है।",
    deactivated_until: "निष्क्रिय: जब तक आप इसे फिर सक्रिय नहीं करते, इस पते से कोई साइन इन नहीं कर सकता।",
    deactivate: "निष्क्रिय करें",
    activate: "सक्रिय करें",
    removed_from_account: "खाते से हटाया गया।",
    // The audit.
    what: "क्या",
    everything: "सब कुछ",
    who: "किसने",
    to_whom: "किसके साथ",
    exact: "किसने और किसके साथ: पूरे ईमेल पते से।",
    nothing_found: "कुछ नहीं मिला।",
    nothing_found_yet: "अब तक कुछ नहीं मिला।",
    show_everything: "सब कुछ दिखाएँ",
    when_utc: "कब (UTC)",
    at_admin: "प्रशासन पेजों पर",
    unknown: "अज्ञात",
    by_token: "API टोकन से",
    older: "पुरानी प्रविष्टियाँ",
    keep_copy: "एक प्रति रखें",
    keep_copy_why: "हर प्रविष्टि अपने से पहले की सभी प्रविष्टियों के हैश से सील होती है, इसलिए प्रति से पता चलता है \
                    कि बाद में कुछ हटाया या बदला गया है या नहीं। प्रति जाँचने का आदेश:",
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
    action_token_revoked: "API टोकन रद्द",
    action_alert: "चेतावनी",
    action_renamed: "अपना नाम बदला",
    action_password: "अपना पासवर्ड",
    action_two_factor_disabled: "दो-चरणीय लॉगिन बंद किया",
    action_authenticator_removed: "ऑथेंटिकेटर हटाया गया",
    action_session_ended: "सत्र समाप्त",
    action_sessions_ended: "बाकी सत्र समाप्त",
    action_account_created: "खाता बना",
    action_break_glass: "आपातकालीन पहुँच",
    action_audit_trimmed: "पुरानी प्रविष्टियाँ हटाई गईं",
    result_credentials: "ग़लत लॉगिन जानकारी",
    result_code: "ग़लत कोड",
    result_expired: "समय समाप्त",
    result_failures: "कई विफल प्रयास",
    detail_next_login: "अगले लॉगिन से अनिवार्य",
    detail_now: "अभी से अनिवार्य",
    detail_not_required: "अनिवार्य नहीं",
    detail_activated: "सक्रिय किया",
    detail_deactivated: "निष्क्रिय किया",
    detail_renamed: "नाम बदला",
    detail_operator: "ऑपरेटर द्वारा",
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
    last_used_utc: "पिछला उपयोग (UTC)",
    last_used_label: "उपयोग",
    ends: "समाप्ति",
    revoke: "रद्द करें",
    never: "कभी नहीं",
    new_token: "नया API टोकन",
    token_advice: "प्रोग्राम इसे हर अनुरोध के साथ Authorization हेडर में Bearer शब्द के बाद भेजता है।",
    revoked: "रद्द हुआ: इस टोकन वाला अगला अनुरोध अस्वीकार होगा।",
    shown_once: "यह केवल अभी दिखाया जा रहा है।",
    scope_two_factor_read: "दो-चरणीय लॉगिन की नीति देखना",
    scope_two_factor_write: "दो-चरणीय लॉगिन की नीति बदलना, सदस्यों को रीसेट करना",
    scope_users_read: "सदस्यों को देखना",
    scope_users_write: "सदस्यों को आमंत्रित करना, बदलना और हटाना",
    scope_audit_read: "ऑडिट पढ़ना",
    for_everyone: |account| format!("{account} में सभी के लिए"),
    set_up_by: |n, members| {
        let by = if n == 1 { "सदस्य" } else { "सदस्यों" };
        format!("{members} में से {n} {by} ने इसे सेट अप किया है।")
    },
    of_members: |n, members| {
        let by = if n == 1 { "सदस्य" } else { "सदस्यों" };
        format!("{members} में से {n} {by}")
    },
    led_to_it: |n| {
        let they = if n == 1 { "उसे" } else { "उन्हें" };
        format!("ने नहीं किया है; अंदर आने से पहले {they} इस पर ले जाया जाएगा।")
    },
    asked_to: |n| {
        let them = if n == 1 { "उससे" } else { "उनसे" };
        format!("ने इसे सेट अप नहीं किया है और अगले लॉगिन पर {them} यह करने को कहा जाएगा। इसे छोड़ा नहीं जा सकता।")
    },
    no_address: |begins| format!("यहाँ कोई पता “{begins}” से शुरू नहीं होता।"),
    reset_of: |email| format!("{email} का दो-चरणीय लॉगिन रीसेट करें"),
    reset_question: |email| format!("{email} का दो-चरणीय लॉगिन रीसेट करें?"),
    reset_why: |name| {
        let member = if name.is_empty() { "यही सदस्य" } else { name };
        format!(
            "उस सदस्य के लिए, जिसका फ़ोन या ऑथेंटिकेटर ऐप खो गया है। पहले पक्का कर लें कि अनुरोध सचमुच {member} \
                 की ओर से है।"
        )
    },
    was_reset: |email| format!("{email} को रीसेट किया गया; अगले लॉगिन पर दो-चरणीय लॉगिन फिर से सेट अप करना होगा।"),
    withdraw_question: |email| format!("{email} का आमंत्रण वापस लें?"),
    remove_question: |email, account| format!("{email} को {account} से हटाएँ?"),
    remove_sessions: |account| format!("हर सत्र समाप्त हो जाएगा और {account} तक पहुँच नहीं रहेगी।"),
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
    made_by: |email| format!("{email} ने बनाया"),
    everywhere: &TEXTS,
};

fn problem(message: Message) -> Said {
    use Message as M;
    const INVALID: &str = "अमान्य अनुरोध";
    const FORBIDDEN: &str = "अनुमति नहीं है";
    const TOO_MANY: &str = "बहुत सारे प्रयास";
    const CODE: &str = "यह कोड सही नहीं है";
    const REQUIRED: &str = "आपके खाते के लिए अनिवार्य";
    const NOT_JOINED: &str = "अभी जुड़े नहीं हैं";
    match message {
        M::Fields => said(INVALID, "कोई फ़ील्ड नहीं है, अज्ञात है, दोहराया गया है या सही प्रकार का नहीं है।"),
        M::QueryFields => said(
            INVALID,
            "पते का कोई फ़ील्ड नहीं है, अज्ञात है, दोहराया गया है या सही प्रकार का नहीं \
                                         है।",
        ),
        M::TooLarge => said("अनुरोध बहुत बड़ा है", "सामग्री 16 KiB से बड़ी है।"),
        M::UnsupportedMediaType => {
            said("यह मीडिया प्रकार नहीं चलता", "application/x-www-form-urlencoded या application/json भेजें।")
        }
        M::Foreign => said(FORBIDDEN, "यह अनुरोध इस साइट के किसी पेज से नहीं आया।"),
        M::AppDown => said(
            "ऐप तक नहीं पहुँचा जा सका",
            "आप अब भी साइन इन हैं। थोड़ी देर में फिर कोशिश करें; ऐसा ही रहे तो इसे चलाने वालों को बताएँ।",
        ),
        M::AppSlow => {
            said("ऐप बहुत समय ले रहा है", "उसने समय पर उत्तर नहीं दिया। आप अब भी साइन इन हैं; थोड़ी देर में फिर कोशिश करें।")
        }
        M::NotFound => said("नहीं मिला", "इस पते पर कुछ नहीं है।"),
        M::MethodNotAllowed => said("इस विधि की अनुमति नहीं है", "यह पता इस विधि का उत्तर नहीं देता।"),
        M::Unavailable => said(
            "उपलब्ध नहीं \
                                है",
            "साइन इन अभी काम नहीं कर रहा है। कुछ खोया नहीं है; एक मिनट बाद फिर कोशिश करें।",
        ),
        M::UnknownLanguage => said(INVALID, "यह भाषा यहाँ उपलब्ध नहीं है।"),
        M::LoginRequired => said("पहले साइन इन करें", "/auth/login पर साइन इन करें।"),
        M::VerifyRequired => said("एक कदम और", "एक बार वाला कोड /auth/verify पर भेजें।"),
        M::EnrolRequired => said("पहले दो-चरणीय लॉगिन सेट अप करें", "/auth/enrol पर ऑथेंटिकेटर सेट अप करें।"),
        M::AlreadySignedIn => said("पहले से साइन इन हैं", "यहाँ कुछ साबित करने की ज़रूरत नहीं है।"),
        M::ReauthRequired => said(
            "साबित करें कि यह आप ही \
                  हैं",
            "पहले पासवर्ड और कोड /auth/reauth पर भेजें; यह पाँच मिनट तक मान्य रहता है।",
        ),
        M::NetworkLogins => said(TOO_MANY, "आपके नेटवर्क से बहुत सारे साइन इन हुए हैं। एक मिनट बाद फिर कोशिश करें।"),
        M::NetworkTries => said(TOO_MANY, "आपके नेटवर्क से बहुत सारे प्रयास हुए हैं। एक मिनट बाद फिर कोशिश करें।"),
        M::EmailAddress => said(INVALID, "ईमेल पता डालें, जैसे name@example.com।"),
        M::PasswordLength => said(INVALID, "अधिकतम 1,024 बाइट का पासवर्ड डालें।"),
        M::InvalidCredentials => said(
            "साइन इन नहीं \
                  हुआ",
            "ईमेल पता या पासवर्ड ग़लत है। कई ग़लत प्रयासों के बाद साइन इन 15 मिनट तक रुक जाता है।",
        ),
        M::EnterPassword => said(INVALID, "अपना पासवर्ड डालें।"),
        M::EnterCode => said(INVALID, "आपके ऑथेंटिकेटर ऐप में दिखने वाले छह अंक या रिकवरी कोड डालें।"),
        M::CodeShape => said(INVALID, "कोड में छह अंक होते हैं।"),
        M::RecoveryCodeShape => said(INVALID, "रिकवरी कोड में 24 अक्षर और अंक होते हैं, चार-चार के छह समूहों में।"),
        M::WrongCode => said(CODE, "आपके ऑथेंटिकेटर ऐप में अभी दिखने वाले छह अंक डालें। हर कोड एक बार काम करता है।"),
        M::WrongNewCode => said(CODE, "आपके ऑथेंटिकेटर ऐप में इस नई प्रविष्टि के लिए अभी दिखने वाले छह अंक डालें।"),
        M::WrongRecoveryCode => said(CODE, "यह आपके रिकवरी कोड में से नहीं है या पहले इस्तेमाल हो चुका है।"),
        M::NotRecoveryCode => said(CODE, "यह आपके रिकवरी कोड में से नहीं है।"),
        M::UsedCode => said(
            CODE,
            "यह कोड पहले ही इस्तेमाल हो चुका है। अगले का इंतज़ार करें; वह 30 सेकंड के भीतर आ \
                                   जाएगा।",
        ),
        M::ClockBehind { seconds } => said(
            CODE,
            format!(
                "आपके ऐप की घड़ी लगभग {} पीछे है। फ़ोन को समय अपने-आप सेट करने दें, फिर उसमें दिखने वाला कोड डालें।",
                duration(seconds, "सेकंड", "मिनट")
            ),
        ),
        M::ClockAhead { seconds } => said(
            CODE,
            format!(
                "आपके ऐप की घड़ी लगभग {0} आगे है। फ़ोन को समय अपने-आप सेट करने दें, फिर {0} बाद कोड डालें।",
                duration(seconds, "सेकंड", "मिनट")
            ),
        ),
        M::AppAlgorithm => said(
            CODE,
            "आपका ऐप इस कोड की गणना का तरीका नहीं मानता। कोई दूसरा ऐप सेट अप करें, जैसे Google Authenticator या 2FAS।",
        ),
        M::AuthenticatorLocked => said(
            TOO_MANY,
            "बहुत सारे ग़लत कोड के बाद आपका ऑथेंटिकेटर लॉक है। रिकवरी कोड इस्तेमाल करें या किसी एडमिन से उसे रीसेट \
             करने को कहें।",
        ),
        M::LoginTries { minutes } => {
            said(TOO_MANY, format!("इस लॉगिन के पाँच प्रयास हो चुके हैं। {minutes} मिनट बाद फिर साइन इन करें।"))
        }
        M::CodeTries { minutes } => said(TOO_MANY, format!("बहुत सारे ग़लत कोड। {minutes} मिनट बाद फिर कोशिश करें।")),
        M::TooManyAuthenticators => said("बहुत सारे ऑथेंटिकेटर", "आपके पास पहले से दस ऑथेंटिकेटर हैं। पहले एक हटाएँ।"),
        M::NoEnrolment => said(
            "पुष्टि करने को कुछ नहीं \
                  है",
            "पुष्टि के लिए कोई सेट-अप नहीं है या उसमें 15 मिनट से ज़्यादा लग गए। फिर से शुरू करें।",
        ),
        M::NoAuthenticator => said(
            "कोई ऑथेंटिकेटर \
                                    नहीं",
            "रिकवरी कोड ऑथेंटिकेटर की जगह काम आते हैं। पहले ऑथेंटिकेटर सेट अप करें।",
        ),
        M::AuthenticatorName => said(INVALID, "नाम में अधिकतम 64 अक्षर होते हैं।"),
        M::Name => said(INVALID, "नाम में 1 से 100 अक्षर होते हैं।"),
        M::WeakPassword(refusal) => said(
            "दूसरा पासवर्ड चुनें",
            match refusal {
                Refusal::TooShort => {
                    "यह पासवर्ड बहुत छोटा है। कम से कम 15 अक्षर रखें, जैसे कई ऐसे शब्द जिनका आपस में \
                                      संबंध न हो।"
                }
                Refusal::TooLong => "यह पासवर्ड बहुत लंबा है। अधिकतम 256 अक्षर रखें।",
                Refusal::Common => {
                    "इस पासवर्ड का अनुमान लगाना आसान है: यह आम शब्दों, दोहराव या क्रम से बना है। कई ऐसे शब्द रखें \
                     जिनका आपस में संबंध न हो, या पासवर्ड मैनेजर से एक बनवाएँ।"
                }
                Refusal::Personal => {
                    "इस पासवर्ड का अनुमान लगाना आसान है: यह आपके नाम, आपके ईमेल पते या इस साइट के नाम से बना है। कई \
                     ऐसे शब्द रखें जिनका आपसे या इस साइट से कोई संबंध न हो।"
                }
            },
        ),
        M::RequiredToKeep => {
            said(REQUIRED, "आपका एक खाता दो-चरणीय लॉगिन अनिवार्य करता है, इसलिए इसे बंद नहीं किया जा सकता।")
        }
        M::RequiredLastAuthenticator => {
            said(REQUIRED, "आपका एक खाता दो-चरणीय लॉगिन अनिवार्य करता है, इसलिए आख़िरी ऑथेंटिकेटर बना रहता है।")
        }
        M::LastAuthenticator => said(
            "आख़िरी \
                                      ऑथेंटिकेटर",
            "यह आख़िरी है। पहले दूसरा सेट अप करें या दो-चरणीय लॉगिन बंद करें।",
        ),
        M::AlreadyPostponed => said(
            "दोबारा \
                                     नहीं",
            "इसे एक बार टाला जा चुका है। अपना कोई रिकवरी कोड टाइप करें या नए बनाएँ।",
        ),
        M::InvitationGone => said(
            "ऐसा कोई आमंत्रण नहीं है",
            "यह आमंत्रण इस्तेमाल हो चुका है, बदला या वापस लिया गया है, या सात दिन से पुराना है। नया माँगें।",
        ),
        M::InvalidToken => said(
            "अमान्य \
                  टोकन",
            "यह टोकन अज्ञात है, समाप्त हो चुका है, या इसे बनाने वाले को अब इसके इस्तेमाल की अनुमति नहीं \
                          है।",
        ),
        M::TokenScope => said(FORBIDDEN, "यह टोकन इसके लिए नहीं है।"),
        M::Conflict => said(
            "इस बीच बदल \
                             गया",
            "किसी ने इसे उसी समय बदल दिया। इसे फिर देखें, और अगर अब भी सही हो तो दोहराएँ।",
        ),
        M::Cursor => said(INVALID, "यह कर्सर किसी सूची से नहीं आया।"),
        M::Limit => said(INVALID, "limit 1 से 50 तक की संख्या है।"),
        M::AuditSearch => said(INVALID, "आईडी या ईमेल पते से, और कार्रवाई के नाम से खोजें।"),
        M::TwoFactorFilter => said(INVALID, "two_factor का मान `enabled`, `disabled` या `all` होता है।"),
        M::AddressPrefix => said(INVALID, "q ईमेल पते की शुरुआत है।"),
        M::InviteHigher => said(FORBIDDEN, "कोई भी अपने से ऊँची भूमिका के लिए आमंत्रित नहीं कर सकता।"),
        M::AlreadyMember => said("पहले से सदस्य है", "यह पता पहले से किसी सदस्य का है, शायद किसी निष्क्रिय सदस्य का।"),
        M::NothingToChange => said(INVALID, "बताएँ कि क्या बदलना है: role, active या name।"),
        M::ChangeHigher => said(
            FORBIDDEN,
            "कोई भी अपने से ऊँची भूमिका वाले को नहीं बदल सकता, न ही ऐसी भूमिका दे सकता \
                                            है।",
        ),
        M::DeactivateSelf => said(FORBIDDEN, "कोई भी स्वयं को निष्क्रिय नहीं कर सकता। किसी दूसरे एडमिन से कहें।"),
        M::NotJoinedAccess => said(
            NOT_JOINED,
            "जिसे केवल आमंत्रित किया गया है, वह अभी जुड़ा नहीं है। आमंत्रण वापस लेने के लिए उसे \
                              हटाएँ।",
        ),
        M::BelongsElsewhere => {
            said("इस खाते के बदलने का नहीं", "यह व्यक्ति दूसरे खातों में भी है और अपनी प्रोफ़ाइल में नाम बदल सकता है।")
        }
        M::RemoveHigher => said(FORBIDDEN, "कोई भी अपने से ऊँची भूमिका वाले को नहीं हटा सकता।"),
        M::RemoveSelf => said(FORBIDDEN, "कोई भी स्वयं को नहीं हटा सकता। किसी दूसरे एडमिन से कहें।"),
        M::LastOwner => said("आख़िरी मालिक", "खाते में कम से कम एक सक्रिय मालिक रहता है। पहले किसी और को मालिक बनाएँ।"),
        M::ResetSelf => said(
            FORBIDDEN,
            "यहाँ कोई अपना दो-चरणीय लॉगिन रीसेट नहीं करता। इसे अपनी प्रोफ़ाइल में बदलें या किसी दूसरे \
                             एडमिन से कहें।",
        ),
        M::ResetHigher => said(FORBIDDEN, "इस सदस्य की भूमिका आपसे ऊँची है, यहाँ या किसी दूसरे खाते में।"),
        M::NotJoinedReset => said(NOT_JOINED, "जिसे केवल आमंत्रित किया गया है, उसका रीसेट करने को कुछ नहीं है।"),
        M::TokenName => said(INVALID, "टोकन के नाम में 1 से 64 अक्षर होते हैं।"),
        M::TokenScopes => said(INVALID, "बताएँ कि टोकन किसके लिए है: कम से कम एक दायरा।"),
        M::TokenExpiry => said(INVALID, "टोकन एक साल के भीतर समाप्त होता है, जैसे 2030-01-31T00:00:00Z।"),
        M::TooManyTokens { most } => said(
            "बहुत सारे \
                                           टोकन",
            format!("खाते में अधिकतम {most} टोकन होते हैं। पहले एक रद्द करें।"),
        ),
    }
}
