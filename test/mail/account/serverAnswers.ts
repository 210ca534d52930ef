/**
 * Real answers of real servers, as they are documented or were reported, and the diagnosis each must get. Columns:
 * diagnosis, class, provider, code of the library, the server's line.
 */
export const LOGIN = `
app-password-needed            credentials   gmail            -                      NO [ALERT] Application-specific password required: https://support.google.com/accounts/answer/185833 (Failure)
app-password-needed            credentials   gmail            -                      534-5.7.9 Application-specific password required. For more information, go to 534 5.7.9 https://support.google.com/mail/?p=InvalidSecondFactor
app-password-needed            credentials   gmail            -                      NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)
app-password-needed            credentials   gmail            -                      535-5.7.8 Username and Password not accepted. For more information, go to 535 5.7.8 https://support.google.com/mail/?p=BadCredentials
app-password-needed            credentials   yahoo            -                      NO [AUTHENTICATIONFAILED] LOGIN Invalid credentials
app-password-needed            credentials   icloud           -                      NO [AUTHENTICATIONFAILED] Authentication failed
app-password-needed            credentials   mailru           -                      NO [AUTHENTICATIONFAILED] NEOBHODIM parol prilozheniya https://help.mail.ru/mail/security/protection/external / Application password is REQUIRED
app-password-needed            credentials   mailru           -                      535 5.7.0 NEOBHODIM parol prilozheniya https://help.mail.ru/mail/security/protection/external / Application password is REQUIRED
app-password-needed            credentials   fastmail         -                      535 5.7.0 Incorrect username or password.
app-password-needed            credentials   yandex           -                      535 5.7.8 Error: authentication failed: Invalid user or password!
wrong-password                 credentials   zoho             -                      535 Authentication Failed
authorisation-code-needed      credentials   qq               -                      535 Login Fail. Please enter your authorization code to login. More information in http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=28&&no=1001256
authorisation-code-needed      credentials   netease163       -                      NO LOGIN Login error or password error
authorisation-code-needed      credentials   netease126       -                      535 Error: authentication failed
authorisation-code-needed      credentials   custom           -                      535 ERR.LOGIN.REQCODE
authorisation-code-needed      credentials   custom           -                      535 Error: ��: http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=28&&no=1001256
qq-login-refused               credentials   qq               -                      535 Login fail. Account is abnormal, service is not open, password is incorrect, login frequency limited, or system is busy. More information at https://help.mail.qq.com/detail/108/1023
exmail-login-refused           credentials   exmail           -                      535 Error: authentication failed, system busy
credentials-or-imap-disabled   credentials   yandex           -                      NO [AUTHENTICATIONFAILED] LOGIN invalid credentials or IMAP is disabled sc=cDdQwR5MouQ0_051313_imap-production-468
client-access-disabled         configuration yandex           -                      535 5.7.8 Error: authentication failed: This user does not have access rights to this service
client-access-disabled         configuration netease163       -                      550 User has no permission
imap-disabled                  configuration gmail            -                      NO [ALERT] Your account is not enabled for IMAP use. Please visit your Gmail settings page and enable your account for IMAP access. (Failure)
imap-disabled                  configuration gmail            -                      NO [ALERT] IMAP access is disabled for your domain. Please contact your domain administrator for questions about this feature. (Failure)
imap-disabled                  configuration zoho             -                      NO [ALERT] You are yet to enable IMAP for your account. Please contact your administrator (Failure)
password-login-blocked         configuration microsoft365     -                      NO LOGIN failed.
password-login-blocked         configuration outlook          -                      NO AUTHENTICATE failed.
password-login-blocked         configuration outlook          -                      535 5.7.139 Authentication unsuccessful, basic authentication is disabled. [BM1P287CA0015.INDP287.PROD.OUTLOOK.COM]
password-login-blocked         configuration microsoft365     -                      550 5.7.30 Basic authentication is not supported for Client Submission.
password-login-blocked         configuration outlook          -                      535 5.7.3 Authentication unsuccessful
smtp-auth-disabled             configuration microsoft365     -                      535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled for more information. [TY1PR01CA0183.jpnprd01.prod.outlook.com]
login-policy                   credentials   microsoft365     -                      535 5.7.139 Authentication unsuccessful, the request did not meet the criteria to be authenticated successfully. Contact your administrator.
account-locked                 credentials   microsoft365     -                      535 5.7.139 Authentication unsuccessful, account locked. Contact your administrator. [CH2PR19CA0002.namprd19.prod.outlook.com]
wrong-password                 credentials   microsoft365     -                      535 5.7.139 Authentication unsuccessful, the user credentials were incorrect. [PH0PR07CA0004.namprd07.prod.outlook.com]
web-login-required             credentials   gmail            -                      NO [WEBALERT https://accounts.google.com/signin/continue] Web login required.
web-login-required             credentials   gmail            -                      NO [ALERT] Please log in via your web browser: https://support.google.com/mail/accounts/answer/78754 (Failure)
web-login-required             credentials   gmail            -                      534-5.7.14 <https://accounts.google.com/signin/continue> Please log in via your web browser and then try again.
authenticated-not-connected    limit         microsoft365     -                      BAD User is authenticated but not connected.
unsafe-login                   configuration netease163       -                      NO SELECT Unsafe Login. Please contact kefu@188.com for help
too-many-login-attempts        limit         yahoo            -                      535 5.7.0 (#AUTH005) Too many bad auth attempts.
too-many-login-attempts        limit         gmail            -                      454 4.7.0 Too many login attempts, please try again later.
too-many-connections           limit         custom           -                      NO [LIMIT] Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)
too-many-connections           limit         gmail            -                      NO [ALERT] Too many simultaneous connections. (Failure)
too-many-connections           limit         custom           ClosedAfterConnectText BYE Too many connections from your IP
too-many-connections           limit         microsoft365     -                      432 4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending for more information.
too-many-connections           limit         custom           -                      421 4.7.0 mail.example.com Error: too many connections from 203.0.113.5
throttled                      throttled     microsoft365     ETHROTTLE              BAD Request is throttled. Suggested Backoff Time: 92415 milliseconds
throttled                      throttled     gmail            -                      BYE [OVERQUOTA] Account exceeded command or bandwidth limits.
encryption-required            configuration custom           -                      NO [PRIVACYREQUIRED] Plaintext authentication disallowed on non-secure (SSL/TLS) connections.
encryption-required            configuration custom           -                      530 5.7.0 Must issue a STARTTLS command first
encryption-required            configuration custom           -                      538 5.7.11 Encryption required for requested authentication mechanism
password-expired               credentials   custom           -                      NO [EXPIRED] That password isn't valid any more
ask-administrator              credentials   custom           -                      NO [CONTACTADMIN] Account needs attention
ask-administrator              credentials   custom           -                      NO [AUTHORIZATIONFAILED] No such authorization-ID
server-unavailable             transient     custom           -                      NO [UNAVAILABLE] Temporary authentication failure. [mail:2026-11-23 10:00:00]
server-unavailable             transient     custom           -                      NO [SERVERBUG] Internal error occurred. Refer to server log for more information.
server-unavailable             transient     custom           -                      NO [INUSE] Mailbox in use
server-unavailable             transient     custom           EAUTH                  454 4.7.0 Temporary authentication failure
server-unavailable             transient     gmail            EAUTH                  421 4.7.0 Temporary System Problem. Try again later.
login-needed                   configuration microsoft365     -                      530 5.7.57 Client not authenticated to send mail.
login-needed                   configuration zoho             -                      530 5.5.1 Authentication Required.
login-not-offered              configuration custom           -                      503 5.5.1 Error: authentication not enabled
login-not-offered              configuration custom           -                      504 5.7.4 Unrecognized authentication type
bridge-password-needed         credentials   protonBridge     -                      NO [AUTHENTICATIONFAILED] no such user
wrong-password                 credentials   custom           -                      NO [AUTHENTICATIONFAILED] Authentication failed.
wrong-password                 credentials   custom           -                      535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6
wrong-password                 credentials   aliyunEnterprise -                      526 Authentication failure[0]
wrong-password                 credentials   custom           -                      NO [ALERT] Invalid credentials (Failure)
account-locked                 credentials   custom           -                      NO Your account is locked.
account-locked                 credentials   custom           EAUTH                  550 5.2.1 account is suspended
password-expired               credentials   custom           -                      NO Your password has expired
bridge-password-needed         credentials   protonBridge     -                      535 5.7.0 Invalid login or password
authorisation-code-needed      credentials   qq               -                      NO [AUTHENTICATIONFAILED] Sorry
app-password-needed            credentials   yahoo            -                      NO LOGIN Invalid credentials
`;

export const DELIVERY = `
sender-not-allowed             configuration custom           -                      553 5.7.1 <ceo@example.com>: Sender address rejected: not owned by user bob@example.com
sender-not-allowed             configuration yandex           -                      553 5.7.1 Sender address rejected: not owned by auth user.
sender-not-allowed             configuration microsoft365     -                      550 5.7.60 SMTP; Client does not have permissions to send as this sender
sender-not-allowed             configuration microsoft365     -                      554 5.2.252 SendAsDenied; a@example.com not allowed to send as b@example.com
sender-not-allowed             configuration outlook          -                      554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied
sender-not-allowed             configuration netease163       -                      553 Mail from must equal authorized user
sender-not-allowed             configuration qq               -                      501 mail from address must be same as authorization user
sender-not-allowed             configuration zoho             -                      553 Relaying disallowed as a@example.com
sender-domain-unknown          configuration custom           -                      450 4.1.8 <a@nowhere.invalid>: Sender address rejected: Domain not found
relay-denied                   configuration custom           -                      554 5.7.1 <bob@example.org>: Relay access denied
relay-denied                   configuration custom           -                      454 4.7.1 <bob@example.org>: Relay access denied
relay-denied                   configuration custom           -                      550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain
sending-limit                  limit         gmail            -                      550-5.4.5 Daily user sending limit exceeded. For more information on Gmail 550-5.4.5 sending limits go to 550 5.4.5 https://support.google.com/a/answer/166852
sending-limit                  limit         microsoft365     -                      554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException
sending-suspended              permanent     zoho             -                      550 5.4.6 Unusual sending activity detected. Learn more.
sending-suspended              permanent     outlook          -                      554 5.2.0 STOREDRV.Submission.Exception:OutboundSpamException; Failed to process message due to a permanent exception
recipient-overrun              throttled     custom           -                      450-4.2.1 The user you are trying to contact is receiving mail too quickly. Please resend your message at a later time.
greylisted                     transient     custom           -                      450 4.2.0 <bob@example.org>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help/example.org.html
greylisted                     transient     custom           -                      451 4.7.1 Greylisting in action, please come back later
message-too-big                permanent     custom           -                      552 5.3.4 Message size exceeds fixed limit
message-too-big                permanent     gmail            -                      552-5.2.3 Your message exceeded Google's message size limits.
too-many-recipients            permanent     custom           -                      452 4.5.3 Error: too many recipients
server-storage-full            transient     custom           -                      452 4.3.1 Insufficient system storage
recipient-mailbox-full-for-now transient     custom           -                      452-4.2.2 The recipient's inbox is out of storage space.
recipient-mailbox-full         permanent     custom           -                      552 5.2.2 <bob@example.org>: Quota exceeded (mailbox for user is full)
mailbox-full                   permanent     custom           -                      NO [OVERQUOTA] Quota exceeded (mailbox for user is full)
sender-not-authenticated       permanent     custom           -                      550-5.7.26 Unauthenticated email from example.com is not accepted due to domain's DMARC policy.
address-blocked                permanent     custom           -                      554 5.7.1 Service unavailable; Client host [203.0.113.5] blocked using zen.spamhaus.org
address-blocked                permanent     custom           -                      550 5.7.606 Access denied, banned sending IP [203.0.113.5]. To request removal from this list please visit https://sender.office.com/
refused-as-spam                permanent     yandex           -                      554 5.7.1 [2] Message rejected under suspicion of SPAM; https://ya.cc/1IrBc 1787309422-LoVOOHKc60U0
refused-as-spam                permanent     netease163       -                      554 DT:SPM 163 smtp10,DsCowAD http://mail.163.com/help/help_spam_16.htm
refused-as-spam                permanent     custom           -                      554 Transaction failed Reject due to policy restrictions.
refused-as-spam                permanent     custom           -                      550-5.7.1 [203.0.113.5] Our system has detected that this message is likely unsolicited mail.
recipient-unknown              permanent     custom           -                      550 5.1.1 <bob@example.org>: Recipient address rejected: User unknown in local recipient table
recipient-unknown              permanent     custom           -                      550 Requested action not taken: mailbox unavailable
recipient-domain-unknown       permanent     custom           -                      550 5.1.2 <bob@nowhere.invalid>: Recipient address rejected: Domain not found
mailbox-missing                configuration custom           -                      NO [NONEXISTENT] Unknown Mailbox: Projects (Failure)
mailbox-missing                configuration custom           -                      NO [TRYCREATE] Mailbox doesn't exist: Projects
no-permission                  configuration custom           -                      NO [NOPERM] Permission denied
message-too-big                permanent     custom           -                      552 Message size exceeds maximum permitted
too-many-recipients            permanent     custom           -                      550 Too many recipients
mailbox-full                   permanent     custom           -                      NO Quota exceeded
recipient-mailbox-full-for-now transient     custom           -                      450 Mailbox full
recipient-mailbox-full         permanent     custom           -                      550 Mailbox is full
sender-not-authenticated       permanent     custom           -                      550 SPF check failed
recipient-domain-unknown       permanent     custom           -                      550 Host not found
mailbox-missing                configuration custom           -                      NO Unknown Mailbox: Projects (Failure)
no-permission                  configuration custom           -                      NO Permission denied
`;

/**
 * What providers of tokens answer instead of one (RFC 6749 §5.2), in their documented words, or n8n's where it does not
 * pass them on. Columns: diagnosis, class, provider, `error` of the answer, description.
 */
export const TOKENS = `
oauth-not-connected            credentials   custom       -                        The account is not connected
oauth-reconnect                credentials   gmail        invalid_grant            Token has been expired or revoked.
oauth-reconnect                credentials   gmail        -                        The credential "Mail" needs to be reconnected.
oauth-reconnect                credentials   microsoft365 -                        The credential "Mail" needs to be reconnected.
oauth-reconnect                credentials   microsoft365 invalid_grant            AADSTS700082: The refresh token has expired due to inactivity. The token was issued on 2026-05-01T08:00:00.0000000Z and was inactive for 90.00:00:00.
oauth-reconnect                credentials   microsoft365 invalid_grant            AADSTS50173: The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have changed or reset their password.
oauth-reconnect                credentials   custom       invalid_grant            Token is not active
oauth-sign-in-needed           credentials   gmail        invalid_grant            reauth related error (invalid_rapt)
oauth-sign-in-needed           credentials   microsoft365 invalid_grant            AADSTS50076: Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access '00000002-0000-0ff1-ce00-000000000000'.
oauth-sign-in-needed           credentials   microsoft365 interaction_required     AADSTS53003: Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.
oauth-consent-missing          credentials   microsoft365 invalid_grant            AADSTS65001: The user or administrator has not consented to use the application with ID '11111111-2222-3333-4444-555555555555' named 'mail'. Send an interactive authorization request for this user and resource.
oauth-consent-missing          credentials   gmail        admin_policy_enforced    The Google Account is unable to authorize one or more scopes requested due to the policies of their Google Workspace administrator.
oauth-client-secret-expired    configuration microsoft365 invalid_client           AADSTS7000222: The provided client secret keys for app '11111111-2222-3333-4444-555555555555' are expired. Visit the Azure portal to create new keys for your app.
oauth-client-wrong             configuration microsoft365 invalid_client           AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '11111111-2222-3333-4444-555555555555'.
oauth-client-wrong             configuration gmail        invalid_client           The OAuth client was not found.
oauth-tenant-wrong             configuration microsoft365 invalid_request          AADSTS90002: Tenant 'contoso' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.
oauth-tenant-wrong             configuration microsoft365 invalid_request          AADSTS50194: Application '11111111-2222-3333-4444-555555555555'(mail) is not configured as a multi-tenant application. Usage of the /common endpoint is not supported for such apps created after '10/15/2018'.
oauth-tenant-wrong             configuration microsoft365 unauthorized_client      AADSTS700016: Application with identifier '11111111-2222-3333-4444-555555555555' was not found in the directory 'Contoso'.
oauth-scope-unknown            configuration microsoft365 invalid_scope            AADSTS1002012: The provided value for scope https://outlook.office.com/IMAP.AccessAsUser.All is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).
oauth-scope-unknown            configuration custom       invalid_scope            Invalid scopes: mail
oauth-grant-not-allowed        configuration gmail        unauthorized_client      Unauthorized
oauth-grant-not-allowed        configuration custom       unsupported_grant_type   Unsupported grant_type
oauth-refresh-token-missing    credentials   custom       -                        OAuth access token expired and no refresh token is available. Please reconnect the credentials.
oauth-request-refused          configuration custom       invalid_request          The request is missing a required parameter
oauth-request-refused          configuration custom       -                        HTTP status 404
oauth-provider-unavailable     transient     custom       -                        getaddrinfo ENOTFOUND login.example.com
oauth-provider-unavailable     transient     custom       -                        self-signed certificate
oauth-provider-unavailable     transient     custom       -                        HTTP status 429
oauth-provider-unavailable     transient     custom       -                        Request failed with status code 503
oauth-provider-unavailable     transient     custom       temporarily_unavailable  The authorization server is currently unable to handle the request
`;

/**
 * Mail servers that refuse a token. Columns: diagnosis, class, provider, `status` of the server's JSON, what the token
 * itself tells, the server's line.
 */
export const TOKEN_LOGINS = `
oauth-refused                  credentials   gmail        400                - NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)
oauth-refused                  credentials   gmail        400                - 535-5.7.8 Username and Password not accepted. For more information, go to 535 5.7.8 https://support.google.com/mail/?p=BadCredentials
oauth-refused                  credentials   yahoo        401                - NO [AUTHENTICATIONFAILED] AUTHENTICATE Invalid credentials
oauth-refused                  credentials   custom       invalid_token      - NO [AUTHENTICATIONFAILED] Authentication failed.
oauth-refused                  credentials   microsoft365 -                  - NO AUTHENTICATE failed.
oauth-token-expired            credentials   microsoft365 -                  expired NO AUTHENTICATE failed.
oauth-wrong-audience           credentials   microsoft365 -                  wrong-audience NO AUTHENTICATE failed.
oauth-wrong-audience           credentials   outlook      -                  wrong-audience 535 5.7.3 Authentication unsuccessful [AM0PR04CA0001.eurprd04.prod.outlook.com]
oauth-scope-missing            credentials   microsoft365 -                  scope-missing 535 5.7.3 Authentication unsuccessful [AM0PR04CA0001.eurprd04.prod.outlook.com]
oauth-scope-missing            credentials   gmail        400                scope-missing NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)
oauth-scope-missing            credentials   custom       insufficient_scope - NO [AUTHENTICATIONFAILED] Authentication failed.
oauth-mailbox-refused          credentials   microsoft365 -                  fresh NO AUTHENTICATE failed.
oauth-mailbox-refused          credentials   microsoft365 -                  fresh 535 5.7.3 Authentication unsuccessful
oauth-refused-though-new       credentials   gmail        400                fresh NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)
oauth-not-offered              configuration custom       -                  - Unsupported authentication mechanism
authenticated-not-connected    limit         microsoft365 -                  fresh BAD User is authenticated but not connected.
smtp-auth-disabled             configuration microsoft365 -                  fresh 535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled for more information.
imap-disabled                  configuration gmail        -                  fresh NO [ALERT] Your account is not enabled for IMAP use. Please visit your Gmail settings page and enable your account for IMAP access. (Failure)
too-many-connections           limit         gmail        -                  expired NO [ALERT] Too many simultaneous connections. (Failure)
server-unavailable             transient     custom       -                  fresh NO [UNAVAILABLE] Temporary authentication failure.
`;

/**
 * No server's words here: codes and messages as imapflow 2.10.2 and nodemailer 10.6.0 give them, taken from runs against
 * servers that fail in just that way. Columns: diagnosis, class, provider, side, code, port/security, message.
 */
export const CONNECTION = `
host-not-found                transient     custom       imap ENOTFOUND                       -              getaddrinfo ENOTFOUND mail.example.com
host-not-found                transient     custom       smtp EDNS                            -              getaddrinfo ENOTFOUND mail.example.com
name-lookup-failed            transient     custom       smtp EDNS                            -              getaddrinfo EAI_AGAIN mail.example.com
connection-refused            transient     custom       imap ECONNREFUSED                    -              connect ECONNREFUSED 127.0.0.1:43741
connection-refused            transient     custom       smtp ESOCKET                         -              connect ECONNREFUSED 127.0.0.1:43741
bridge-not-running            transient     protonBridge imap ECONNREFUSED                    -              connect ECONNREFUSED 127.0.0.1:1143
network-unreachable           transient     custom       smtp ESOCKET                         -              connect ENETUNREACH 2001:db8::1:465
connection-not-permitted      configuration custom       imap ERR_ACCESS_DENIED               -              Access to this API has been restricted
proxy-refused                 configuration custom       imap EPROXY                          -              The proxy answered: 403 Forbidden
proxy-refused                 configuration custom       smtp EPROXY                          -              The proxy answered: not allowed by its rules
proxy-login-refused           configuration custom       imap EPROXYLOGIN                     -              The proxy answered: 407 Proxy Authentication Required
proxy-target-unreachable      transient     custom       smtp EPROXYTARGET                    -              The proxy answered: connection refused
proxy-unreachable             transient     custom       imap EPROXYDOWN                      -              connect ECONNREFUSED 127.0.0.1:3128
egress-blocked                configuration custom       imap EGRESS_BLOCKED                  -              The request was blocked because it resolves to a restricted IP address
wrong-protocol-port           configuration custom       imap GREETING_TIMEOUT                587/starttls   Failed to receive greeting from server in required time. Maybe should use TLS?
wrong-protocol-port           configuration custom       imap GREETING_TIMEOUT                995/tls        Failed to receive greeting from server in required time. Maybe should use TLS?
wrong-protocol-port           configuration custom       smtp EPROTOCOL                       10143/starttls Invalid greeting. response=* OK hi: * OK hi
starttls-on-tls-port          configuration custom       imap GREETING_TIMEOUT                993/starttls   Failed to receive greeting from server in required time. Maybe should use TLS?
starttls-on-tls-port          configuration custom       smtp ETIMEDOUT                       465/starttls   Greeting never received
tls-on-plain-port             configuration custom       imap ERR_SSL_WRONG_VERSION_NUMBER    143/tls        808CE9645F7F0000:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:ssl3_record.c:350:
tls-on-plain-port             configuration custom       smtp ESOCKET                         587/tls        808CE9645F7F0000:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:ssl3_record.c:350:
tls-on-plain-port             configuration custom       imap ERR_SSL_WRONG_VERSION_NUMBER    2143/tls       808CE9645F7F0000:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:ssl3_record.c:350:
starttls-missing              configuration custom       imap -                               -              Server does not support STARTTLS
starttls-missing              configuration custom       smtp ETLS                            -              Error upgrading connection with STARTTLS: 502 5.5.1 not implemented
starttls-tampered             configuration custom       imap STARTTLS_INJECTION              -              Unexpected data after STARTTLS
certificate-expired           configuration custom       imap CERT_HAS_EXPIRED                -              certificate has expired
certificate-expired           configuration custom       smtp ESOCKET                         -              certificate has expired
certificate-not-yet-valid     configuration custom       imap CERT_NOT_YET_VALID              -              certificate is not yet valid
certificate-self-signed       configuration custom       imap DEPTH_ZERO_SELF_SIGNED_CERT     -              self-signed certificate
certificate-self-signed       configuration custom       smtp ESOCKET                         -              self-signed certificate
certificate-unknown-authority configuration custom       imap UNABLE_TO_VERIFY_LEAF_SIGNATURE -              unable to verify the first certificate
certificate-unknown-authority configuration custom       smtp ESOCKET                         -              self-signed certificate in certificate chain
certificate-wrong-host        configuration custom       smtp ESOCKET                         -              Hostname/IP does not match certificate's altnames: Host: localhost. is not in the cert's altnames: DNS:mail.other.example
certificate-of-bridge         configuration protonBridge smtp ESOCKET                         -              self-signed certificate
client-certificate-needed     configuration custom       imap ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED -   SSL routines:ssl3_read_bytes:tlsv13 alert certificate required
tls-too-old                   configuration custom       imap ERR_SSL_UNSUPPORTED_PROTOCOL    -              SSL routines:ssl_choose_client_version:unsupported protocol
no-greeting                   transient     custom       imap GREETING_TIMEOUT                993/tls        Failed to receive greeting from server in required time. Maybe should use TLS?
timed-out                     transient     custom       imap CONNECT_TIMEOUT                 -              Failed to establish connection in required time
timed-out                     transient     custom       smtp ETIMEDOUT                       25/starttls    Connection timeout
closed-before-greeting        transient     custom       imap ClosedAfterConnectText          -              Unexpected close
closed-before-greeting        transient     custom       smtp ECONNECTION                     -              Connection closed unexpectedly
connection-lost               transient     custom       imap NoConnection                    -              Connection not available
wrong-protocol-port           configuration custom       smtp ETIMEDOUT                       143/starttls   Greeting never received
wrong-protocol-port           configuration custom       smtp ESOCKET                         993/tls        read ECONNRESET
tls-on-plain-port             configuration custom       smtp ETIMEDOUT                       587/tls        Greeting never received
tls-on-plain-port             configuration custom       imap ECONNRESET                      143/tls        read ECONNRESET
tls-too-old                   configuration custom       smtp ESOCKET                         -              SSL routines:tls_process_server_hello:unsupported protocol
certificate-not-yet-valid     configuration custom       smtp ESOCKET                         -              certificate is not yet valid
bridge-not-running            transient     protonBridge smtp ESOCKET                         -              connect ECONNREFUSED 127.0.0.1:1025
no-greeting                   transient     custom       smtp ETIMEDOUT                       587/starttls   Greeting never received
timed-out                     transient     custom       smtp ESOCKET                         -              connect ETIMEDOUT 203.0.113.5:25
`;

/** Where a code alone is enough: diagnosis, side, kind of code, codes. */
export const CODES = `
name-lookup-failed             imap code         EAI_AGAIN ESERVFAIL
host-not-found                 smtp code         ENOTFOUND ENODATA EDNS
connection-refused             imap code         ECONNREFUSED
network-unreachable            smtp code         ENETUNREACH EHOSTUNREACH EHOSTDOWN ENETDOWN
connection-not-permitted       imap code         EACCES EPERM ERR_ACCESS_DENIED
proxy-refused                  smtp code         EPROXY ProxyError
tls-on-plain-port              imap code         ERR_SSL_WRONG_VERSION_NUMBER ERR_SSL_PACKET_LENGTH_TOO_LONG
starttls-missing               smtp code         ETLS EREQUIRETLS
certificate-expired            imap code         CERT_HAS_EXPIRED
certificate-not-yet-valid      imap code         CERT_NOT_YET_VALID
certificate-self-signed        imap code         DEPTH_ZERO_SELF_SIGNED_CERT
certificate-unknown-authority  imap code         SELF_SIGNED_CERT_IN_CHAIN UNABLE_TO_VERIFY_LEAF_SIGNATURE UNABLE_TO_GET_ISSUER_CERT_LOCALLY
certificate-wrong-host         imap code         ERR_TLS_CERT_ALTNAME_INVALID
tls-too-old                    imap code         ERR_SSL_UNSUPPORTED_PROTOCOL ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION
no-greeting                    imap code         GREETING_TIMEOUT
timed-out                      smtp code         ETIMEDOUT CONNECT_TIMEOUT UPGRADE_TIMEOUT
closed-before-greeting         imap code         ClosedAfterConnectText ClosedAfterConnectTLS ECONNRESET
connection-lost                imap code         NoConnection EConnectionClosed EPIPE
throttled                      imap code         ETHROTTLE
login-needed                   smtp code         ENOAUTH
wrong-password                 smtp code         EAUTH
too-many-recipients            smtp code         EMAXRECIPIENTS
wrong-password                 imap responseCode AUTHENTICATIONFAILED
web-login-required             imap responseCode WEBALERT
too-many-connections           imap responseCode LIMIT
encryption-required            imap responseCode PRIVACYREQUIRED
password-expired               imap responseCode EXPIRED
ask-administrator              imap responseCode CONTACTADMIN AUTHORIZATIONFAILED
server-unavailable             imap responseCode UNAVAILABLE INUSE SERVERBUG
mailbox-full                   imap responseCode OVERQUOTA
message-too-big                imap responseCode TOOBIG
mailbox-missing                imap responseCode NONEXISTENT TRYCREATE
no-permission                  imap responseCode NOPERM
wrong-password                 smtp responseCode 535 534 526
too-many-connections           smtp responseCode 432
encryption-required            smtp responseCode 538
server-unavailable             smtp responseCode 421 454
login-needed                   smtp responseCode 530
wrong-password                 smtp enhancedCode 5.7.8
password-login-blocked         smtp enhancedCode 5.7.30
login-needed                   smtp enhancedCode 5.7.57
sender-not-allowed             smtp enhancedCode 5.7.60 5.2.252
relay-denied                   smtp enhancedCode 5.7.54 5.7.64
sending-limit                  smtp enhancedCode 5.4.5
message-too-big                smtp enhancedCode 5.3.4 5.2.3
too-many-recipients            smtp enhancedCode 4.5.3 5.5.3
server-storage-full            smtp enhancedCode 4.3.1
recipient-mailbox-full-for-now smtp enhancedCode 4.2.2
recipient-mailbox-full         smtp enhancedCode 5.2.2
sender-not-authenticated       smtp enhancedCode 5.7.26 5.7.25 5.7.23
address-blocked                smtp enhancedCode 5.7.606
recipient-domain-unknown       smtp enhancedCode 5.1.2 5.4.4
recipient-unknown              smtp enhancedCode 5.1.1 5.1.10 5.1.6
`;
