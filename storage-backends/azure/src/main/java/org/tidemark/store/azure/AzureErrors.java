// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import com.azure.core.exception.HttpResponseException;
import com.azure.identity.CredentialUnavailableException;
import com.azure.storage.blob.models.BlobStorageException;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.ObjectMissing;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageFull;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.store.TrustedAuthorities;

/**
 * The only place that says what an error of the library means to the callers of a store: by the status and the error
 * code of the service, never by a text. Texts of the service are in no message, since they repeat parts of what was
 * signed. Thread-safe.
 */
final class AzureErrors {
    /** What is told to be wrong with a request that is right, after damage on its way or a race: another may pass. */
    private static final Set<String> PASSING = Set.of("Md5Mismatch", "Crc64Mismatch", "InvalidMd5");

    /** Conflicts that somebody has to solve before another try can help. */
    private static final Set<String> LASTING_CONFLICTS = Set.of(
            "BlobArchived",
            "BlobBeingRehydrated",
            "BlobImmutableDueToPolicy",
            "BlobUsesCustomerSpecifiedEncryption",
            "BlobDoesNotUseCustomerSpecifiedEncryption",
            "InvalidBlobType",
            "ResourceTypeMismatch",
            "LeaseIdMissing",
            "LeaseIdMismatchWithBlobOperation");

    private final String store;
    private final String account;
    private final String container;

    AzureErrors(AzureAddress address) {
        this.store = address.description();
        this.account = address.account();
        this.container = address.container();
    }

    /** What was being done, as its message says it. */
    enum Doing {
        WRITE("could not write", false),
        READ("could not read", true),
        LOOK_UP("could not look up", true),
        LIST("could not list", false),
        DELETE("could not delete", true),
        MAKE_ROOT("could not make the container of", false);

        private final String text;

        /** Whether it can fail because there is no such object. */
        private final boolean isOfAnObject;

        Doing(String text, boolean isOfAnObject) {
            this.text = text;
            this.isOfAnObject = isOfAnObject;
        }
    }

    String description() {
        return store;
    }

    /** The error to throw; one that is classified already stays as it is. */
    StorageException of(Doing doing, String key, Throwable thrown) {
        Throwable cause = innermost(thrown);
        return switch (cause) {
            case StorageException classified -> classified;
            case BlobStorageException answer -> answered(doing, key, answer.getStatusCode(), code(answer));
            case CredentialUnavailableException none ->
                new StorageDenied(what(doing, key) + "no identity is at hand: " + shortened(none.getMessage()), null);
            case HttpResponseException answer -> loginFailed(doing, key, answer);
            case SSLException untrusted ->
                new StorageUnavailable(
                        what(doing, key) + why(untrusted) + ": does '" + TrustedAuthorities.OPTION
                                + "' name who vouches for the service?",
                        untrusted);
            default -> new StorageUnavailable(what(doing, key) + why(cause), showsAddress(cause) ? null : cause);
        };
    }

    StorageUnavailable interrupted(Doing doing, String key) {
        return new StorageUnavailable(what(doing, key) + "interrupted", null);
    }

    StorageUnavailable tooSlow(Doing doing, String key, String option, Duration limit) {
        return new StorageUnavailable(
                what(doing, key) + "no answer within '" + option + "', " + limit.toMillis() + " ms", null);
    }

    /** An answer that cannot be what the service means. */
    StorageUnavailable damaged(Doing doing, String key, String how) {
        return new StorageUnavailable(what(doing, key) + how, null);
    }

    ObjectExists exists(ObjectKey key) {
        return new ObjectExists(key, store);
    }

    StorageDenied denied(Doing doing, String key, String why) {
        return new StorageDenied(what(doing, key) + why, null);
    }

    /** Whether the credentials have not the right for this kind of request, and are valid otherwise. */
    static boolean lacksRight(BlobStorageException answer) {
        return answer.getStatusCode() == 403 && code(answer).equals("AuthorizationPermissionMismatch");
    }

    static boolean lacksContainer(BlobStorageException answer) {
        return answer.getStatusCode() == 404 && code(answer).equals("ContainerNotFound");
    }

    /** Whether a range begins behind the last byte. */
    static boolean isBehindEnd(BlobStorageException answer) {
        return answer.getStatusCode() == 416 && code(answer).equals("InvalidRange");
    }

    private StorageException answered(Doing doing, String key, int status, String code) {
        if (status == 404 && code.equals("BlobNotFound") && doing.isOfAnObject) {
            return new ObjectMissing(new ObjectKey(key), store);
        }
        if (doing == Doing.WRITE && isTaken(status, code)) {
            return new ObjectExists(new ObjectKey(key), store);
        }
        String message = what(doing, key) + "the service answered " + status + (code.isEmpty() ? "" : " " + code);
        if (code.equals("ContainerNotFound")) {
            return new StorageUnavailable(
                    message + ": is there a container '" + container + "' in the account '" + account
                            + "'? 'tidemark init' creates it",
                    null);
        }
        if (status == 401 || status == 403 || isRefusal(status, code)) {
            return new StorageDenied(message + hint(code), null);
        }
        return status == 507 ? new StorageFull(message, null) : new StorageUnavailable(message, null);
    }

    private static boolean isTaken(int status, String code) {
        return (status == 409 && code.equals("BlobAlreadyExists"))
                // To credentials that may create and not overwrite.
                || (status == 403 && code.equals("UnauthorizedBlobOverwrite"))
                || (status == 412 && code.equals("ConditionNotMet"));
    }

    /** Whether the same request would be refused again. Without a code it is not known who answered. */
    private static boolean isRefusal(int status, String code) {
        if (code.isEmpty()) {
            return false;
        }
        return switch (status) {
            case 400 -> !PASSING.contains(code);
            case 409, 412 -> LASTING_CONFLICTS.contains(code);
            case 405, 411, 413, 415, 501 -> true;
            default -> false;
        };
    }

    private static String hint(String code) {
        return switch (code) {
            case "AuthenticationFailed" ->
                ": are the key or the signature right, not expired, and the clock of this host?";
            case "AuthorizationPermissionMismatch", "InsufficientAccountPermissions" ->
                ": have the credentials this right on the container?";
            case "AuthorizationFailure" -> ": may these credentials, from this network, use the account?";
            case "BlobArchived", "BlobBeingRehydrated" -> ": it is in the archive tier, and must be rehydrated first";
            case "BlobImmutableDueToPolicy" -> ": it is locked";
            default -> "";
        };
    }

    /** The service that issues tokens answered, before this store was asked. */
    private StorageException loginFailed(Doing doing, String key, HttpResponseException e) {
        int status = e.getResponse() == null ? 0 : e.getResponse().getStatusCode();
        String message = what(doing, key) + "the login failed" + (status == 0 ? "" : " with " + status) + ": "
                + shortened(e.getMessage());
        boolean refused = status >= 400 && status < 500 && status != 408 && status != 429;
        return refused ? new StorageDenied(message, null) : new StorageUnavailable(message, null);
    }

    private String what(Doing doing, String key) {
        return doing.text + (key.isEmpty() ? " " : " '" + key + "' in ") + store + ": ";
    }

    private static String code(BlobStorageException answer) {
        return answer.getErrorCode() == null ? "" : answer.getErrorCode().toString();
    }

    /** What the library has put its own exceptions around. */
    private static Throwable innermost(Throwable thrown) {
        Throwable at = thrown;
        while (!(at instanceof StorageException)
                && !(at instanceof HttpResponseException)
                && !(at instanceof IOException)
                && at.getCause() != null) {
            at = at.getCause();
        }
        return at;
    }

    /** Whether a trace of it would show the signature in a request's address. */
    private static boolean showsAddress(Throwable cause) {
        return String.valueOf(cause.getMessage()).contains("sig=");
    }

    private static String why(Throwable cause) {
        String name = cause.getClass().getSimpleName();
        boolean texted = cause instanceof IOException || cause instanceof TimeoutException;
        return texted && cause.getMessage() != null && !showsAddress(cause)
                ? name + ": " + shortened(cause.getMessage())
                : name;
    }

    private static String shortened(@Nullable String text) {
        String line = text == null ? "" : text.strip().replaceAll("\\s+", " ");
        return line.length() <= 300 ? line : line.substring(0, 300) + "…";
    }
}
