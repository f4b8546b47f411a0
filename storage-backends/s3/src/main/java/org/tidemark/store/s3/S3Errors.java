// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.NetworkCause;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.StoreErrors;
import org.tidemark.store.TrustedAuthorities;
import org.tidemark.store.s3.S3Credentials.NoCredentials;
import software.amazon.awssdk.awscore.exception.AwsServiceException;

/**
 * Classifies the answers of S3 and the failures of its library for the callers of a store. Thread-safe.
 *
 * @see <a href="https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html">the codes</a>
 */
final class S3Errors extends StoreErrors {
    /**
     * Codes of status 400 that another attempt may avoid: bytes that were changed or cut off on the network. Some
     * servers have a single code for these.
     */
    private static final Set<String> TEMPORARY = Set.of(
            "BadDigest",
            "BadRequest",
            "IncompleteBody",
            "RequestTimeout",
            "XAmzContentChecksumMismatch",
            "XAmzContentSHA256Mismatch");

    /** Codes of Ceph, MinIO and others; Amazon is never full. */
    private static final Set<String> NO_ROOM =
            Set.of("QuotaExceeded", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "InsufficientStorage");

    /** The bucket is in another region: a redirect, or a signature for another region. */
    private static final Set<String> OTHER_REGION =
            Set.of("PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException");

    private final String bucket;

    S3Errors(S3Config config) {
        super(config.description());
        this.bucket = config.bucket();
    }

    @Override
    protected Failure classify(Operation operation, Throwable cause) {
        Optional<AwsServiceException> answer = find(cause, AwsServiceException.class);
        if (answer.isPresent()) {
            return ofAnswer(operation, answer.get()).cause(answer.get());
        }
        if (find(cause, NoCredentials.class).isPresent()) {
            return Failure.denied("there are no credentials (expected '" + S3Options.ACCESS_KEY_ID
                            + "' and its secret, '" + S3Options.PROFILE + "', or credentials in the" + " environment): "
                            + rootText(cause))
                    .hint("Give the repository " + S3Options.ACCESS_KEY_ID + " and a secret-access-key-file in the"
                            + " configuration, or a profile.")
                    .cause(cause);
        }
        boolean untrusted = find(cause, CertificateException.class).isPresent()
                || find(cause, CertPathValidatorException.class).isPresent();
        Failure failure = untrusted
                ? Failure.denied("the server's certificate is not trusted (is '" + TrustedAuthorities.OPTION
                        + "' right?): " + rootText(cause))
                : Failure.unavailable(rootText(cause));
        return failure.hint(NetworkCause.hint(cause)).cause(cause);
    }

    private Failure ofAnswer(Operation operation, AwsServiceException answer) {
        int status = answer.statusCode();
        String code = code(answer);
        String said = text(answer);
        if (status == 404) {
            return ofNotFound(operation, said, code);
        }
        if (operation == Operation.WRITE && status == 412) {
            return Failure.EXISTS;
        }
        if (status == 507 || NO_ROOM.contains(code)) {
            return Failure.full(said)
                    .hint("Raise the quota of bucket '" + bucket + "' or of its account, or delete objects.");
        }
        if (OTHER_REGION.contains(code) || status == 301) {
            return Failure.denied(said + regionHint(answer))
                    .hint("Set the option region of this repository to the region of the bucket.");
        }
        if (status == 501 && operation == Operation.WRITE) {
            return Failure.denied(
                    said + "; without a conditional write (If-None-Match: *) two writers could overwrite each other");
        }
        boolean lasting = status == 501 || (status >= 400 && status < 500 && !isTemporary(status, code));
        return lasting && !answer.isThrottlingException()
                ? Failure.denied(said + hint(status, code)).hint(whatToDo(status, code))
                : Failure.unavailable(said);
    }

    /** The server refuses the kind of checksum of an upload; only the operator can change that. */
    StorageException ofTrailers(String key, AwsServiceException answer) {
        return of(
                Operation.WRITE,
                key,
                Failure.denied(text(answer) + "; if this server accepts no checksums after the bytes, set "
                                + S3Options.CHECKSUMS + " = \"when-required\"")
                        .cause(answer));
    }

    /** Whether the server may refuse the lock of an object: the bucket has no Object Lock. */
    static boolean canBeForLock(AwsServiceException answer) {
        return answer.statusCode() == 501
                || (answer.statusCode() == 400
                        && Set.of("InvalidRequest", "InvalidArgument").contains(code(answer)));
    }

    /** The server refuses the lock of an upload. */
    StorageException ofLock(String key, AwsServiceException answer) {
        return of(
                Operation.WRITE,
                key,
                Failure.denied(text(answer) + "; '" + S3Options.LOCK_FOR + "' is set: does bucket '" + bucket
                                + "' have Object Lock?")
                        .hint("A bucket gets Object Lock when it is created: aws s3api create-bucket"
                                + " --object-lock-enabled-for-bucket --bucket NAME. Without it, remove "
                                + S3Options.LOCK_FOR + " from this repository.")
                        .cause(answer));
    }

    private Failure ofNotFound(Operation operation, String said, String code) {
        if (code.equals("NoSuchKey") && operation == Operation.READ) {
            return Failure.MISSING;
        }
        if (code.equals("NoSuchBucket")) {
            return Failure.denied(said + bucketHint())
                    .hint("Correct the bucket's name in the repository's url, or create the bucket.");
        }
        // The answer may come from a proxy or from a wrong address, so it says nothing about the object.
        return Failure.unavailable(said);
    }

    /** 409 is a temporary conflict with another request under way. */
    private static boolean isTemporary(int status, String code) {
        return status == 408 || status == 409 || status == 412 || status == 429 || TEMPORARY.contains(code);
    }

    private @Nullable String whatToDo(int status, String code) {
        return switch (code) {
            case "RequestTimeTooSkewed" -> "Set this host's clock; 'timedatectl' shows whether it is synchronized.";
            case "InvalidAccessKeyId" ->
                "The store does not know this access key: correct " + S3Options.ACCESS_KEY_ID
                        + ", or create a new key.";
            case "SignatureDoesNotMatch" ->
                "The secret does not fit the access key: the file or command must give the secret of this key,"
                        + " without a space or a second line.";
            case "ExpiredToken", "InvalidToken" -> "The temporary credentials have expired: get new ones.";
            default ->
                status == 401 || status == 403
                        ? "Let these credentials list bucket '" + bucket + "' (s3:ListBucket) and get and put its"
                                + " objects (s3:GetObject, s3:PutObject)."
                        : null;
        };
    }

    private String hint(int status, String code) {
        return switch (code) {
            case "RequestTimeTooSkewed" -> "; is this host's clock right?";
            case "InvalidObjectState" -> "; the object is in a storage class that must be restored before a read";
            case "" ->
                status == 403
                        ? "; without the permission s3:ListBucket, S3 gives this answer for a missing object as well"
                        : "";
            default -> "";
        };
    }

    String bucketHint() {
        return "; is its name right? Otherwise create it: aws s3api create-bucket --bucket " + bucket;
    }

    private static String regionHint(AwsServiceException answer) {
        String region =
                answer.awsErrorDetails() == null || answer.awsErrorDetails().sdkHttpResponse() == null
                        ? ""
                        : answer.awsErrorDetails()
                                .sdkHttpResponse()
                                .firstMatchingHeader("x-amz-bucket-region")
                                .orElse("");
        return "; '" + S3Options.REGION + "' must be the bucket's own" + (region.isEmpty() ? "" : ", " + region);
    }

    /** The code of the error; empty if the answer has none, as for a HEAD request. */
    static String code(AwsServiceException answer) {
        String code = answer.awsErrorDetails() == null
                ? null
                : answer.awsErrorDetails().errorCode();
        // Without a body, the library uses the status or its reason as the code.
        return code == null || code.isEmpty() || code.chars().allMatch(Character::isDigit) ? "" : code;
    }

    /** Whether the server may refuse the kind of checksum instead of the content. */
    static boolean canBeForTrailers(AwsServiceException answer) {
        return switch (code(answer)) {
            case "BadDigest", "IncompleteBody", "RequestTimeout", "XAmzContentChecksumMismatch" -> false;
            case "SignatureDoesNotMatch" -> true;
            default -> Set.of(400, 411, 415, 501).contains(answer.statusCode());
        };
    }

    static String text(AwsServiceException answer) {
        String said = answer.awsErrorDetails() == null
                ? null
                : answer.awsErrorDetails().errorMessage();
        String request = answer.requestId() == null ? "" : ", request " + answer.requestId();
        return String.format(Locale.ROOT, "%d %s", answer.statusCode(), code(answer))
                        .strip()
                + (said == null || said.isEmpty() ? "" : " (" + said + request + ")");
    }

    private static String rootText(Throwable cause) {
        Throwable root = cause;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return describe(root);
    }
}
