// SPDX-License-Identifier: Apache-2.0
package org.tidemark.ssh;

import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A connection could not be opened, or it ended. */
public final class SshException extends IOException {
    private static final long serialVersionUID = 1L;

    private final Kind kind;
    private final @Nullable String hint;

    /** Whether another attempt can help. */
    public enum Kind {
        /** The client or the server refused, or ssh cannot be used: another attempt fails in the same way. */
        REFUSED,
        /** The network or the server failed: another attempt may succeed. */
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

    /** A hint for the operator; empty if the cause is unknown. */
    public Optional<String> hint() {
        return Optional.ofNullable(hint);
    }
}
