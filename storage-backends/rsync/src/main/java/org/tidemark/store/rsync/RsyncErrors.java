// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.io.IOException;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.NetworkCause;
import org.tidemark.ssh.SshException;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StoreErrors;
import org.tidemark.store.rsync.RsyncResult.RsyncMessages;

/**
 * Classifies the results of rsync for the callers of a store. The exit status is ambiguous: 23 is a missing file or a
 * missing permission, 5 a wrong password or a busy server, 11 a full disk or a missing directory. So this class also
 * reads the errno values of the server, and the texts of refusals by a daemon or ssh, which are never translated.
 * Immutable.
 */
final class RsyncErrors extends StoreErrors {
    /** EPERM, EACCES and EROFS: the same numbers on every system. */
    private static final Set<Integer> DENIED = Set.of(1, 13, 30);

    /** ENOSPC of every system, EDQUOT of Linux and of BSD. */
    private static final Set<Integer> FULL = Set.of(28, 122, 69);

    private final RsyncAddress address;

    RsyncErrors(RsyncAddress address) {
        super(address.toString());
        this.address = address;
    }

    /** Classifies an error of local files; see {@link #of} for a failed run. */
    @Override
    protected Failure classify(Operation operation, Throwable cause) {
        return Failure.unavailable("the work directory of this host failed: " + cause)
                .cause(cause);
    }

    /** The exception for a failed run. */
    StorageException of(Operation operation, String what, RsyncResult ended) {
        return of(operation, what, classify(ended));
    }

    private static Failure classify(RsyncResult ended) {
        RsyncMessages messages = ended.messages();
        String detail = "rsync ended with status " + ended.status() + ": " + messages.summary();
        if (isRefused(ended)) {
            String hint = ended.refusedOption(RsyncUpload.FSYNC)
                    ? ": for a server without --fsync set " + RsyncOptions.FSYNC + " = if-offered"
                    : "";
            return Failure.denied(detail + hint).hint(refusalHint(messages));
        }
        if (messages.remoteErrors().stream().anyMatch(FULL::contains)) {
            return Failure.full(detail)
                    .hint(
                            "Free or add disk space on the server: 'df -h' shows the free bytes, and 'df -i' the free inodes.");
        }
        if (messages.any(RsyncErrors::isAboutTheRoot)) {
            return Failure.unavailable(detail + ": does the root exist, and is it mounted? 'init' creates it")
                    .hint("On the server, mount its disk. If this is a new repository, run: tidemark init");
        }
        return Failure.unavailable(detail).hint(NetworkCause.hintOfWords(messages.summary()));
    }

    private static @Nullable String refusalHint(RsyncMessages messages) {
        if (messages.any(line -> line.startsWith("@ERROR: auth failed"))) {
            return "Compare user and password with the module's 'secrets file' on the server; the daemon's log"
                    + " has the reason.";
        }
        if (messages.any(line -> line.startsWith("@ERROR: Unknown module"))) {
            return "Correct the module in the repository's url: 'rsync HOST::' lists the modules of the server.";
        }
        if (messages.any(line -> line.startsWith("@ERROR: access denied"))) {
            return "Add this host to 'hosts allow' of the module in the server's rsyncd.conf.";
        }
        if (messages.any(line -> line.startsWith("Host key verification failed"))) {
            return "Compare the server's key with the output of 'ssh-keygen -lf' on the server, then add the output of"
                    + " 'ssh-keyscan HOST' to the file of known-hosts.";
        }
        return messages.any(line -> line.contains(": Permission denied (") && !line.startsWith("rsync"))
                ? "Put the public key into ~/.ssh/authorized_keys of that user on the server; 'ssh -v' repeats the"
                        + " login."
                : null;
    }

    /** The server could not enter the root, or could not create it: the path then ends with the dot of the root. */
    private static boolean isAboutTheRoot(String line) {
        return line.contains(" change_dir") || line.startsWith("@ERROR: ch") || line.contains("/.\" ");
    }

    private static boolean isRefused(RsyncResult ended) {
        RsyncMessages messages = ended.messages();
        return ended.status() == RsyncResult.USAGE
                || ended.status() == RsyncResult.NOT_SUPPORTED
                || messages.remoteErrors().stream().anyMatch(DENIED::contains)
                || messages.any(RsyncErrors::isRefusal);
    }

    private static boolean isRefusal(String line) {
        return line.startsWith("@ERROR: auth failed")
                || line.startsWith("@ERROR: Unknown module")
                || line.startsWith("@ERROR: access denied")
                // Messages of ssh: a refused host key, and a refused login.
                || line.startsWith("Host key verification failed")
                || (line.contains(": Permission denied (") && !line.startsWith("rsync"));
    }

    /** ssh could not be used. */
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
