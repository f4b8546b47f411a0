// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tidemark.store.NetworkCause;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.ObjectMissing;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageFull;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.store.TrustedAuthorities;
import org.tidemark.store.s3.BoundedCalls.TooSlow;
import org.tidemark.store.s3.S3Credentials.NoCredentials;
import software.amazon.awssdk.awscore.exception.AwsServiceException;

/**
 * The only place that says what an answer of S3, or a failure of its library, means to the callers of a store.
 * Thread-safe.
 *
 * @see <a href="https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html">the codes</a>
 */
final class S3Errors {
    /**
     * Answered with 400, and yet of this one try: bytes that were changed or cut off on their way. Some servers have a
     * single code for all that.
     */
    private static final Set<String> OF_ONE_TRY = Set.of(
            "BadDigest",
            "BadRequest",
            "IncompleteBody",
            "RequestTimeout",
            "XAmzContentChecksumMismatch",
            "XAmzContentSHA256Mismatch");

    /** Of Ceph, MinIO and others; Amazon is never full. */
    private static final Set<String> NO_ROOM =
            Set.of("QuotaExceeded", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "InsufficientStorage");

    /** That the bucket is elsewhere: a redirect, or a signature for another region. */
    private static final Set<String> OTHER_REGION =
            Set.of("PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException");

    private final String description;
    private final String bucket;

    S3Errors(S3Config config) {
        this.description = config.description();
        this.bucket = config.bucket();
    }

    /** What was being done, as its message says it. */
    enum Doing {
        PUT("could not store"),
        GET("could not read"),
        STAT("could not look up"),
        LIST("could not list"),
        DELETE("could not delete"),
        FIND_BUCKET("could not find the bucket of");

        private final String text;

        Doing(String text) {
            this.text = text;
        }
    }

    String description() {
        return description;
    }

    /** The error to throw. An interrupt sets the flag of this thread again. */
    StorageException of(Doing doing, String key, Throwable cause) {
        for (Throwable e = cause; e != null; e = e.getCause()) {
            if (e instanceof StorageException classified) {
                return classified;
            }
        }
        String message = doing.text + (key.isEmpty() ? " " : " '" + key + "' in ") + description + ": ";
        if (cause instanceof InterruptedException) {
            Thread.currentThread().interrupt();
            return new StorageUnavailable(message + "interrupted", cause);
        }
        if (cause instanceof TooSlow) {
            return new StorageUnavailable(message + cause.getMessage(), cause);
        }
        AwsServiceException answer = find(AwsServiceException.class, cause);
        if (answer != null) {
            return ofAnswer(doing, key, message, answer);
        }
        if (find(NoCredentials.class, cause) != null) {
            return new StorageDenied(
                    message + "there are no credentials (expected '" + S3Options.ACCESS_KEY_ID + "' and its secret, '"
                            + S3Options.PROFILE + "', or what the SDK finds in the environment): " + rootText(cause),
                    "Give the repository " + S3Options.ACCESS_KEY_ID + " and a secret-access-key-file in the"
                            + " configuration, or a profile.",
                    cause);
        }
        if (find(CertificateException.class, cause) != null || find(CertPathValidatorException.class, cause) != null) {
            return new StorageDenied(
                    message + "the server's certificate is not trusted (is '" + TrustedAuthorities.OPTION
                            + "' right?): " + rootText(cause),
                    NetworkCause.hint(cause),
                    cause);
        }
        return new StorageUnavailable(message + rootText(cause), NetworkCause.hint(cause), cause);
    }

    private StorageException ofAnswer(Doing doing, String key, String message, AwsServiceException answer) {
        int status = answer.statusCode();
        String code = code(answer);
        String said = message + text(answer);
        if (status == 404) {
            return ofNotFound(doing, key, said, code, answer);
        }
        if (doing == Doing.PUT && status == 412) {
            return new ObjectExists(new ObjectKey(key), description);
        }
        if (status == 507 || NO_ROOM.contains(code)) {
            return new StorageFull(
                    said, "Raise the quota of bucket '" + bucket + "' or of its account, or make room there.", answer);
        }
        if (OTHER_REGION.contains(code) || status == 301) {
            return new StorageDenied(
                    said + regionHint(answer), "Set the option region of this repository to the bucket's.", answer);
        }
        if (status == 501 && doing == Doing.PUT) {
            return new StorageDenied(
                    said + "; without a conditional write (If-None-Match: *) two writers could overwrite each other",
                    answer);
        }
        if (answer.isThrottlingException()) {
            return new StorageUnavailable(said, answer);
        }
        if (status == 501 || (status >= 400 && status < 500 && !isOfOneTry(status, code))) {
            return new StorageDenied(said + hint(status, code), whatToDo(status, code), answer);
        }
        return new StorageUnavailable(said, answer);
    }

    /**
     * Of an upload that the server refuses because of how its checksum comes, which nobody may change but the operator.
     */
    StorageDenied ofTrailers(String key, AwsServiceException answer) {
        return new StorageDenied(
                Doing.PUT.text + " '" + key + "' in " + description + ": " + text(answer)
                        + "; if this server takes no checksums after the bytes, set " + S3Options.CHECKSUMS
                        + " = \"when-required\"",
                answer);
    }

    private StorageException ofNotFound(Doing doing, String key, String said, String code, AwsServiceException answer) {
        if (code.equals("NoSuchKey") && doing == Doing.GET) {
            return new ObjectMissing(new ObjectKey(key), description);
        }
        if (code.equals("NoSuchBucket")) {
            return new StorageDenied(
                    said + bucketHint(),
                    "Correct the bucket's name in the repository's url, or make the bucket.",
                    answer);
        }
        // A proxy, a wrong address: nothing is said of an object.
        return new StorageUnavailable(said, answer);
    }

    /** 409 is a conflict with another request under way, which will be over. */
    private static boolean isOfOneTry(int status, String code) {
        return status == 408 || status == 409 || status == 412 || status == 429 || OF_ONE_TRY.contains(code);
    }

    private @Nullable String whatToDo(int status, String code) {
        return switch (code) {
            case "RequestTimeTooSkewed" -> "Set this host's clock; 'timedatectl' shows whether it is synchronized.";
            case "InvalidAccessKeyId" ->
                "The store does not know this access key: correct " + S3Options.ACCESS_KEY_ID + ", or make a new key.";
            case "SignatureDoesNotMatch" ->
                "The secret does not fit the access key: see that the file or command of the secret gives that key's"
                        + " own, without a space or a second line.";
            case "ExpiredToken", "InvalidToken" -> "The session has ended: get new temporary credentials.";
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
            case "InvalidObjectState" -> "; the object was moved to a storage class that cannot be read at once";
            case "" ->
                status == 403
                        ? "; without the right s3:ListBucket this is also the answer where there is no object, so it"
                                + " says nothing"
                        : "";
            default -> "";
        };
    }

    String bucketHint() {
        return "; is its name right? Else make it: aws s3api create-bucket --bucket " + bucket;
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

    /** The name of the error; empty where the answer has none, as that to a HEAD request. */
    static String code(AwsServiceException answer) {
        String code = answer.awsErrorDetails() == null
                ? null
                : answer.awsErrorDetails().errorCode();
        // What has no body gets its status, or its reason, as a code from the library.
        return code == null || code.isEmpty() || code.chars().allMatch(Character::isDigit) ? "" : code;
    }

    /** Whether the server may refuse how checksums are sent, and not what is sent. */
    static boolean canBeForTrailers(AwsServiceException answer) {
        return switch (code(answer)) {
            case "BadDigest", "IncompleteBody", "RequestTimeout", "XAmzContentChecksumMismatch" -> false;
            case "SignatureDoesNotMatch" -> true;
            default -> Set.of(400, 411, 415, 501).contains(answer.statusCode());
        };
    }

    private static String text(AwsServiceException answer) {
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
        String text = root.getMessage() == null ? "" : ": " + root.getMessage();
        return root.getClass().getSimpleName() + text;
    }

    static <T extends Throwable> @Nullable T find(Class<T> kind, Throwable cause) {
        for (Throwable e = cause; e != null; e = e.getCause()) {
            if (kind.isInstance(e)) {
                return kind.cast(e);
            }
        }
        return null;
    }
}
