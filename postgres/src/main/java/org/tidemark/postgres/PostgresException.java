// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

/** PostgreSQL refused a command, was unreachable, or lost the connection; classified by SQLSTATE, never by text. */
public final class PostgresException extends UserFacingException {
    private static final long serialVersionUID = 1L;

    private final @Nullable String sqlState;

    public PostgresException(
            ExitCode exitCode, String message, String hint, @Nullable String sqlState, @Nullable Throwable cause) {
        super(exitCode, message, hint, cause);
        this.sqlState = sqlState;
    }

    /** The five characters of the server or the driver; empty if the connection broke. */
    public Optional<String> sqlState() {
        return Optional.ofNullable(sqlState);
    }

    /** Whether the server or the driver gave this SQLSTATE. */
    public boolean hasState(String state) {
        return state.equals(sqlState);
    }
}
