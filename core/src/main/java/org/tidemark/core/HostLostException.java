// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** There is no connection to another host, or it ended, or the host did not answer within a limit. */
public final class HostLostException extends IOException {
    private static final long serialVersionUID = 1L;

    private final boolean refused;
    private final @Nullable String hint;

    /** @param refused whether another attempt would fail in the same way: a login, or an unknown host key */
    public HostLostException(String message, boolean refused, @Nullable String hint, Throwable cause) {
        super(message, cause);
        this.refused = refused;
        this.hint = hint;
    }

    public boolean isRefused() {
        return refused;
    }

    /** A hint for the operator; empty if the cause is unknown. */
    public Optional<String> hint() {
        return Optional.ofNullable(hint);
    }
}
