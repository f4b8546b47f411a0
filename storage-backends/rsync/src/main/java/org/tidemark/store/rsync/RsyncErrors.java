// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.io.IOException;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tidemark.ssh.SshException;
import org.tidemark.store.NetworkCause;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageFull;
import org.tidemark.store.StorageException.StorageUnavailable;

/**
 * The only place that says what an end of rsync means to the callers of a store. The status alone does not tell: 23 is
 * a missing file or a lack of rights, 5 a wrong password or a busy server, 11 a full disk or a missing directory. So
 * the errors of the other side's system are read by their numbers, and what a daemon or ssh says of a refusal by its
 * words: neither translates them, and there is nothing else to tell it by. Immutable.
 */
final class RsyncErrors {
    /** EPERM, EACCES and EROFS: the same numbers on every system. */
    private static final Set<Integer> DENIED = Set.of(1, 13, 30);

    /** ENOSPC everywhere, EDQUOT of Linux and of BSD. */
    private static final Set<Integer> FULL = Set.of(28, 122, 69);

    private final RsyncAddress address;

    RsyncErrors(RsyncAddress address) {
        this.address = address;
    }

    /** What was being done, as its message says it. */
    enum Doing {
        WRITE("could not write", true),
        COMPARE("could not compare what was written as", true),
        DELETE("could not delete", true),
        DELETE_DIRECTORIES("deleted, but could not look whether a directory is empty: that of", false),
        MAKE_ROOT("could not make the directory of", true),
        READ("could not read", false),
        LOOK_UP("could not look up", false),
        LIST("could not list", false);

        private final String text;
        private final boolean sending;

        Doing(String text, boolean sending) {
            this.text = text;
            this.sending = sending;
        }

        /** Whether this side is rsync's sender. */
        boolean sending() {
            return sending;
        }
    }

    String description() {
        return address.toString();
    }

    /** The error to throw for a run that failed. */
    StorageException of(Doing doing, String what, Ended ended) {
        RsyncMessages messages = ended.messages();
        String message = message(doing, what, "rsync ended with status " + ended.status() + ": " + messages.summary());
        if (isRefused(ended)) {
            String hint = ended.refusedOption(Upload.FSYNC)
                    ? ": a server that knows no --fsync is written to with " + RsyncConfig.FSYNC_OPTION
                            + " = if-offered"
                    : "";
            return new StorageDenied(message + hint, refusalHint(messages), null);
        }
        if (messages.remoteErrors().stream().anyMatch(FULL::contains)) {
            return new StorageFull(message, "Make room on the server's disk: see 'df -h' and 'df -i' there.", null);
        }
        if (messages.any(RsyncErrors::isAboutTheRoot)) {
            return new StorageUnavailable(
                    message + ": is the root there, and mounted? 'init' makes it",
                    "On the server, mount its disk. If this is a new repository, run: tidemark init",
                    null);
        }
        return new StorageUnavailable(message, NetworkCause.hintOfWords(messages.summary()), null);
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

    /** What does not come of an end of rsync: this side's own files, a limit of time, an interrupt. */
    StorageUnavailable unavailable(Doing doing, String what, String why, @Nullable Throwable cause) {
        return new StorageUnavailable(message(doing, what, why), cause);
    }

    /** This side's own files. */
    StorageException local(Doing doing, String what, IOException cause) {
        return cause instanceof StorageException classified
                ? classified
                : unavailable(doing, what, "the work directory of this host: " + cause, cause);
    }

    /** ssh could not be started as it has to be. */
    StorageException ssh(Doing doing, String what, SshException cause) {
        String hint = cause.hint().orElse(null);
        String message = message(doing, what, String.valueOf(cause.getMessage()));
        return switch (cause.kind()) {
            case REFUSED -> new StorageDenied(message, hint, cause);
            case UNREACHED -> new StorageUnavailable(message, hint, cause);
        };
    }

    StorageDenied noProgram(Doing doing, String what, String program, IOException cause) {
        return new StorageDenied(
                message(
                        doing,
                        what,
                        "the program '" + program + "' could not be started: is it installed? (expected rsync on the"
                                + " PATH, or its path in the option '" + RsyncConfig.PROGRAM_OPTION + "')"),
                cause);
    }

    StorageDenied notAnObject(String path) {
        return new StorageDenied(
                "'" + path + "' in " + address + " is neither a file nor a directory, which a store does not hold",
                null);
    }

    private String message(Doing doing, String what, String why) {
        return doing.text + (what.isEmpty() ? " " : " '" + what + "' in ") + address + ": " + why;
    }
}
