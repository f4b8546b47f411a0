// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.io.IOException;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tidemark.ssh.SshException;
import org.tidemark.store.NetworkCause;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StoreErrors;

/**
 * What an end of rsync means to the callers of a store. The status alone does not tell: 23 is a missing file or a lack
 * of rights, 5 a wrong password or a busy server, 11 a full disk or a missing directory. So the errors of the other
 * side's system are read by their numbers, and what a daemon or ssh says of a refusal by its words: neither translates
 * them, and there is nothing else to tell it by. Immutable.
 */
final class RsyncErrors extends StoreErrors {
    /** EPERM, EACCES and EROFS: the same numbers on every system. */
    private static final Set<Integer> DENIED = Set.of(1, 13, 30);

    /** ENOSPC everywhere, EDQUOT of Linux and of BSD. */
    private static final Set<Integer> FULL = Set.of(28, 122, 69);

    private final RsyncAddress address;

    RsyncErrors(RsyncAddress address) {
        super(address.toString());
        this.address = address;
    }

    /** An error of this side's own files; a run that failed is an {@link Ended}. */
    @Override
    protected Failure classify(Operation operation, Throwable cause) {
        return Failure.unavailable("the work directory of this host: " + cause).cause(cause);
    }

    /** The error to throw for a run that failed. */
    StorageException of(Operation operation, String what, Ended ended) {
        return of(operation, what, classify(ended));
    }

    private static Failure classify(Ended ended) {
        RsyncMessages messages = ended.messages();
        String detail = "rsync ended with status " + ended.status() + ": " + messages.summary();
        if (isRefused(ended)) {
            String hint = ended.refusedOption(Upload.FSYNC)
                    ? ": for a server without --fsync set " + RsyncOptions.FSYNC + " = if-offered"
                    : "";
            return Failure.denied(detail + hint).hint(refusalHint(messages));
        }
        if (messages.remoteErrors().stream().anyMatch(FULL::contains)) {
            return Failure.full(detail).hint("Make room on the server's disk: see 'df -h' and 'df -i' there.");
        }
        if (messages.any(RsyncErrors::isAboutTheRoot)) {
            return Failure.unavailable(detail + ": is the root there, and mounted? 'init' makes it")
                    .hint("On the server, mount its disk. If this is a new repository, run: tidemark init");
        }
        return Failure.unavailable(detail).hint(NetworkCause.hintOfWords(messages.summary()));
    }

    private static @Nullable String refusalHint(RsyncMessages messages) {
        if (messages.any(line -> line.startsWith("@ERROR: auth failed"))) {
            return "See that user and password are those of the module's 'secrets file' on the server; the daemon's log"
                    + " says which of them it refused.";
        }
        if (messages.any(line -> line.startsWith("@ERROR: Unknown module"))) {
            return "Correct the module in the repository's url: 'rsync HOST::' lists those of the server.";
        }
        if (messages.any(line -> line.startsWith("@ERROR: access denied"))) {
            return "Let this host in by 'hosts allow' of the module in the server's rsyncd.conf.";
        }
        if (messages.any(line -> line.startsWith("Host key verification failed"))) {
            return "Compare the server's key with what 'ssh-keygen -lf' prints there, then make it known with"
                    + " 'ssh-keyscan HOST' in the file of known-hosts.";
        }
        return messages.any(line -> line.contains(": Permission denied (") && !line.startsWith("rsync"))
                ? "Put the public key into ~/.ssh/authorized_keys of that user on the server; 'ssh -v' tries the same"
                        + " login."
                : null;
    }

    /** It could not be entered; or, for what is written, made: the dot at its end is what we put there against that. */
    private static boolean isAboutTheRoot(String line) {
        return line.contains(" change_dir") || line.startsWith("@ERROR: ch") || line.contains("/.\" ");
    }

    private static boolean isRefused(Ended ended) {
        RsyncMessages messages = ended.messages();
        return ended.status() == Ended.USAGE
                || ended.status() == Ended.NOT_SUPPORTED
                || messages.remoteErrors().stream().anyMatch(DENIED::contains)
                || messages.any(RsyncErrors::isRefusal);
    }

    private static boolean isRefusal(String line) {
        return line.startsWith("@ERROR: auth failed")
                || line.startsWith("@ERROR: Unknown module")
                || line.startsWith("@ERROR: access denied")
                // Of ssh: the host key, and then the user's.
                || line.startsWith("Host key verification failed")
                || (line.contains(": Permission denied (") && !line.startsWith("rsync"));
    }

    /** ssh could not be started as it has to be. */
    StorageException ssh(Operation operation, String what, SshException cause) {
        String message = String.valueOf(cause.getMessage());
        Failure failure = switch (cause.kind()) {
            case REFUSED -> Failure.denied(message);
            case UNREACHED -> Failure.unavailable(message);
        };
        return of(operation, what, failure.hint(cause.hint().orElse(null)).cause(cause));
    }

    StorageException noProgram(Operation operation, String what, String program, IOException cause) {
        return of(
                operation,
                what,
                Failure.denied("the program '" + program + "' could not be started: is it installed? (expected rsync"
                                + " on the PATH, or its path in the option '" + RsyncOptions.PROGRAM + "')")
                        .cause(cause));
    }

    StorageDenied notAnObject(String path) {
        return new StorageDenied(
                "'" + path + "' in " + address + " is neither a file nor a directory, which a store must not contain",
                null);
    }
}
