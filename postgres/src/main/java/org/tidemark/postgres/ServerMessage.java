// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

/**
 * What the server said in an error or a notice. The severity is never translated; the other texts follow the server's
 * {@code lc_messages}, so decisions look at the SQLSTATE and the routine alone. Immutable.
 *
 * @param severity {@code ERROR}, {@code FATAL}, {@code WARNING} and so on
 * @param sqlState five characters
 * @param text the primary message
 * @param detail may be empty
 * @param hint may be empty
 * @param routine the function of the server's source that says it, never translated; may be empty
 * @see <a href="https://www.postgresql.org/docs/current/protocol-error-fields.html">error and notice fields</a>
 */
public record ServerMessage(String severity, String sqlState, String text, String detail, String hint, String routine) {
    @Override
    public String toString() {
        return text + (detail.isEmpty() ? "" : " (" + detail + ")") + " (SQLSTATE " + sqlState + ")";
    }
}
