// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import com.azure.core.exception.HttpResponseException;
import com.azure.identity.CredentialUnavailableException;
import com.azure.storage.blob.models.BlobStorageException;
import java.io.IOException;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.tidemark.store.Operation;
import org.tidemark.store.StoreErrors;
import org.tidemark.store.TrustedAuthorities;

/**
 * What an error of the library means to the callers of a store: by the status and the error code of the service, never
 * by a text. Texts of the service are in no message, since they repeat parts of what was signed. Thread-safe.
 */
final class AzureErrors extends StoreErrors {
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

    /** What can fail because there is no such object. */
    private static final Set<Operation> OF_AN_OBJECT = EnumSet.of(Operation.READ, Operation.LOOK_UP, Operation.DELETE);

    private final String account;
    private final String container;

    AzureErrors(AzureAddress address) {
        super(address.description());
        this.account = address.account();
        this.container = address.container();
    }

    @Override
    protected Failure classify(Operation operation, Throwable thrown) {
        Throwable cause = innermost(thrown);
        return switch (cause) {
            case BlobStorageException answer -> answered(operation, answer.getStatusCode(), code(answer));
            case CredentialUnavailableException none ->
                Failure.denied("there are no credentials: " + oneLine(none.getMessage()));
            case HttpResponseException answer -> loginFailed(answer);
            case SSLException untrusted ->
                Failure.unavailable(why(untrusted) + ": does '" + TrustedAuthorities.OPTION
                                + "' contain the certificate of its authority?")
                        .cause(untrusted);
            default -> {
                Failure failure = Failure.unavailable(why(cause));
                yield showsAddress(cause) ? failure : failure.cause(cause);
            }
        };
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

    private Failure answered(Operation operation, int status, String code) {
        if (status == 404 && code.equals("BlobNotFound") && OF_AN_OBJECT.contains(operation)) {
            return Failure.MISSING;
        }
        if (operation == Operation.WRITE && isTaken(status, code)) {
            return Failure.EXISTS;
        }
        String answered = "the service answered " + status + (code.isEmpty() ? "" : " " + code);
        if (code.equals("ContainerNotFound")) {
            return Failure.unavailable(answered + ": is there a container '" + container + "' in the account '"
                    + account + "'? 'tidemark init' creates it");
        }
        if (status == 401 || status == 403 || isRefusal(status, code)) {
            return Failure.denied(answered + hint(code));
        }
        return status == 507 ? Failure.full(answered) : Failure.unavailable(answered);
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
                ": do the credentials have this right on the container?";
            case "AuthorizationFailure" -> ": may these credentials, from this network, use the account?";
            case "BlobArchived", "BlobBeingRehydrated" -> ": it is in the archive tier, and must be rehydrated first";
            case "BlobImmutableDueToPolicy" -> ": it is locked";
            default -> "";
        };
    }

    /** The service that issues tokens answered, before this store was asked. */
    private static Failure loginFailed(HttpResponseException e) {
        int status = e.getResponse() == null ? 0 : e.getResponse().getStatusCode();
        String detail = "the login failed" + (status == 0 ? "" : " with " + status) + ": " + oneLine(e.getMessage());
        boolean refused = status >= 400 && status < 500 && status != 408 && status != 429;
        return refused ? Failure.denied(detail) : Failure.unavailable(detail);
    }

    private static String code(BlobStorageException answer) {
        return answer.getErrorCode() == null ? "" : answer.getErrorCode().toString();
    }

    /** What the library has put its own exceptions around. */
    private static Throwable innermost(Throwable thrown) {
        Throwable at = thrown;
        while (!(at instanceof HttpResponseException) && !(at instanceof IOException) && at.getCause() != null) {
            at = at.getCause();
        }
        return at;
    }

    /** Whether a trace of it would show the signature in a request's address. */
    private static boolean showsAddress(Throwable cause) {
        return String.valueOf(cause.getMessage()).contains("sig=");
    }

    private static String why(Throwable cause) {
        boolean shown = (cause instanceof IOException || cause instanceof TimeoutException) && !showsAddress(cause);
        return shown ? describe(cause) : cause.getClass().getSimpleName();
    }
}
