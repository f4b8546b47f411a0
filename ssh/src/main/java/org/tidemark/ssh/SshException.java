// SPDX-License-Identifier: Apache-2.0
package org.tidemark.ssh;

import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Why there is no connection, or none any more. */
public final class SshException extends IOException {
    private static final long serialVersionUID = 1L;

    private final Kind kind;
    private final @Nullable String hint;

    /** What the caller can do. */
    public enum Kind {
        /** One of the two sides said no, or ssh itself cannot be used: another try ends in the same way. */
        REFUSED,
        /** The network or the server failed, which may pass. */
        UNREACHED
    }

    SshException(Kind kind, String message, @Nullable String hint, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
        this.hint = hint;
    }

    static SshException refused(String message, @Nullable String hint) {
        return new SshException(Kind.REFUSED, message, hint, null);
    }

    public Kind kind() {
        return kind;
    }

    /** A sentence that says what to do; empty where nothing is known. */
    public Optional<String> hint() {
        return Optional.ofNullable(hint);
    }
}
