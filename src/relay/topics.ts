/** Of the supporting phrases, those that regret something; the others stand in receipts too. */
export const REGRETS: readonly string[] = ['残念ながら', '遺憾ながら', '心苦しい', 'unfortunately'];

/** The mail is about an application for work. */
export const APPLICATION_JA =
  /応募|選考|面接|面談|志望|職場見学|派遣先|不採用(?:と|に)(?:な|させて|決|いたし)|(?:貴殿|様|あなた)の採用|採用(?:を|は|に)?(?:、?今回は、?)?お?見送(?:らせて|りと|る方向|る結論|る判断)|今回の採用|採用(?:に|には)至|貴殿|入社|正社員|研修医|中途|新卒|入社試験|入社面|採用(?:試験|面接|選考|枠|結果|候補|通知|人数|の件|計画|区分)|不採用通知|受験|エントリー|求人|履歴書|ご経歴|インターン|募集|適性検査|アルバイト|公募|オーディション|採否|合否|登用|内定取/;

export const APPLICATION_EN =
  /\b(?:appl(?:y|ied|ying|ication|ications|icant|icants)|candida(?:te|tes|cy|ture)|interview(?:s|ed|ing)?|positions?|roles?|vacanc(?:y|ies)|posts?|cv|r[eé]sum[eé]|hiring|recruit\w*|jobs?|internships?|trainee\w*|graduate scheme|fellowship|volunteer\w*|apprentice\w*|employment|shortlist\w*|finalist|offer|onsite|hired?|requisition|search for an?|(?:coding|online|home) (?:challenge|test|assessment)|assessment day|trial shift)\b/i;

/** What a general phrase needs beside it: thanks for an application, how it was weighed, what becomes of the papers. */
export const COURTESY_JA =
  /(?:応募|エントリー|面接|来社|来院|足労|お時間|選考|受験|参加|お越し)[^。]{0,40}(?:ありがとう|有難う|有り難う|感謝|御礼|お礼)|(?:選考|審査|検討|審議|協議|面接|試験|判断|テスト|公募|相談|調整)(?:を|で|の|し|いたし|致し|重ね|行)[^。]{0,16}(?:結果|ました|ところ)|お祈り|祈念|応募者?多数|応募書類|履歴書|(?:選考|面接|試験|検査|審査|書類|採用|応募)[^。]{0,8}(?:結果|合否)|合否|採否|不採用|貴殿|ご?応募への(?:ご?回答|お返事)/;

export const COURTESY_EN =
  /\bthank(?:s|ing)?(?: you)? (?:\w+ ){0,2}?for (?:\w+ )?(?:apply|your|taking|attending|coming|completing|interviewing|meeting|the|giving|having|pausing|chasing|popping)|\b(?:candidates|applicants|applications|panel|committee|finalists?|interviewed|you interviewed|your interview|wish you|best of luck|all the best|job search|reapply|apply again|feedback|impress(?:ed|ive)|keep your|hoping for|disappointment|closer match|after (?:careful|much|review)|appreciate)\b/i;

/** It is about work: `application` alone is not. */
export const EMPLOYMENT_EN =
  /\b(?:jobs?|roles?|positions?|post|vacanc(?:y|ies)|interview\w*|candida(?:te|tes|cy|ture)|cv|r[eé]sum[eé]|hiring|hired?|recruit\w*|shortlist\w*|employment|intern(?:s|ship|ships)?|trainee\w*|apprentice\w*|graduate scheme|requisition|assessment day|finalist|fellowship|volunteer\w*|training contract|coding challenge|video interview|medical assessment|trial shift|conditional offer|reference checks|search for an?|onsite|operative|assistant|manager|engineer|officer|nurse|teacher|driver|analyst|developer|designer|administrator|chef|clerk|bar staff|shifts?|consultant|librarian|technician)\b/i;

/** The mail is about something else that can be declined: an order, a contract, a paper, a seat. */
export const FOREIGN_JA =
  /見積|発注|ご提案いただ|導入|カード|会員|ローン|融資|入居|賃貸|論文|投稿|査読|返品|購入|機能追加|抽選|チケット|コンテスト|満席|満室|予約|社員寮|検定|在留資格|勤務地|年収|給与条件|お取引|見学会|懇親会|説明会|再受[検験]|の理由(?:は|に)|作品|キャンペーン|プレゼント|懸賞|ピッチ|大会|貴チーム|助成|補助金|取引|同席|仕入|納品|審査(?:委員会|の結果、残念ながら貴)|学会|入会|入学|奨学金の|申請|許可/;

export const FOREIGN_EN =
  /\b(?:supplier|grant|funding|membership|permit|mortgage|tenancy|planning application|scholarship|licen[cs]e application|account|admission|offer of a school place|your (?:bid|proposal|pitch|manuscript|paper|product|talk|abstract|request|order|refund|claim|counter-proposal|loan|submission to|tender|quote)|rfp|manuscript|for publication|for award|tickets?|ballot|credit card|loan|refund|submitting a talk|training course|open day|salary|tenancy|insurance|grant proposal|invoice)\b/i;

/** A list of vacancies or a newsletter: what it says of rejections is said to everybody. */
export const DIGEST_JA =
  /新着|おすすめ|オススメ|メルマガ|メールマガジン|ピックアップ|特集|コラム|求人(?:情報|一覧|のご紹介)|お悩み|お祈りメール|例文|事例|ニュース/;

export const DIGEST_EN =
  /\b(?:newsletter|digest|job alerts?|new jobs|today['’]s jobs|recommended (?:jobs|roles)|jobs for you|similar (?:jobs|roles)|webinar|our blog|career (?:tips|advice))\b/i;

/** How a letter begins, within its first characters. */
export const LONGEST_SALUTATION = 60;
export const SALUTATION =
  /^[^\n。、]{1,30}(?:様|さま|さん|殿|先生)(?:[\s、。,]|$)|^(?:dear|hi|hello|hey)\b[ \t]+\S/i;

/** Above the small print: a rule across the mail, or the words that it begins with. */
export const SMALL_PRINT =
  /^[ \t]*[-=＝━─═*＊_─]{6,}[ \t]*\r?$|本メールに含まれる情報|^.{0,4}(?:confidential|disclaimer)|\bthis (?:e-?mail|message) (?:and any|was sent|is intended)|\bif you are not the intended\b/im;

/** Behind a decisive phrase: the sentence speaks of a case, not of this candidate. */
export const HYPOTHETICAL_JA =
  /^.{0,8}?(?:場合|際(?:は|に|の)|とき(?:は|に)|時は|方(?:には|へは|への|々|が|は)|者(?:には|へは)|理由(?:の|は|に)|かどうか|可能性|こと(?:が|も)(?:ござい|あり)|など(?:の|と)(?:文言|表現|言葉)|(?:の|という)(?:文言|表現|例文|テンプレ)|手続|経緯|旨を?お伝え)/;

/** Before it, in its sentence: a case, an event that is put off, or what was decided in former years. */
export const HYPOTHETICAL_JA_BEFORE =
  /(?:場合|とき)(?:は|には|、|も)[^。]{0,40}$|(?:(?:た|ない|る)(?:方|者)(?:は|には|のみ)|合格者)[^。]{0,16}$|(?:昨年|以前(?:に)?ご?応募|過去に|かつて|前年)[^。]{0,40}$/;

/** Before 見送らせて: what is put off is something else than a candidate, or a step with one. */
export const OBJECT_JA =
  /(?<!採用|選考|面接|面談|参加|今回|この度|このたび|案内|登用|お力添え|雇用|内定|ステップ|契約|貴殿|様|選考会|応募|招聘|お話|こと)(?:を|は|も)(?:、)?お?$/;

export const EVENT_JA =
  /(?:開催|実施|説明会|セミナー|イベント|懇親会|訪問|導入|発売|出店|発行|発注|契約|開発)(?:を|は|では)[^。]{0,6}$|(?:説明会|セミナー|イベント|懇親会)の[^。]{0,4}$|(?:素材|方式|技術|部品|システム|製品)の$/;

/** Before it, in one sentence: conditions, and what was decided in former years or in error. */
export const HYPOTHETICAL_EN =
  /\b(?:if|in case|should (?:we|you)|unless|whether|never|only tell|please assume|last year|in the past|by mistake|in error|most (?:applicants|candidates|people)|tell people|you wrote|reserve the right)\b[^.!?]*$/i;
