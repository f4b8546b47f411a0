// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

/**
 * An error or a notice of the server. The server translates all texts except the severity ({@code lc_messages}), so
 * code must decide by the SQLSTATE and the routine only. Immutable.
 *
 * @param severity {@code ERROR}, {@code FATAL}, {@code WARNING} and so on
 * @param sqlState five characters
 * @param text the primary message
 * @param detail may be empty
 * @param hint may be empty
 * @param routine the function in the server's source that reports the message, never translated; may be empty
 * @see <a href="https://www.postgresql.org/docs/current/protocol-error-fields.html">error and notice fields</a>
 */
public record ServerMessage(String severity, String sqlState, String text, String detail, String hint, String routine) {
    @Override
    public String toString() {
        return text + (detail.isEmpty() ? "" : " (" + detail + ")") + " (SQLSTATE " + sqlState + ")";
    }
}
