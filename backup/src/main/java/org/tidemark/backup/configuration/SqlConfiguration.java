// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.configuration;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.SqlConnection;

/**
 * The files of a server that reads them for a role. It tells neither modes nor times. It shows no links either: whether
 * a file in the data directory is one, only the files of the backup show ({@link ServerConfiguration#withLinked}).
 *
 * @param connection to the server itself; closed with this
 * @param modified what stands for the time of a file
 */
public record SqlConfiguration(SqlConnection connection, Instant modified) implements ConfigurationHost {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    /** What Debian gives postgresql.conf and its kin, but for the world. */
    private static final int MODE = 0640;

    /** The rights without which nothing can be read, for a hint: the end of a GRANT. */
    public static final List<String> NEEDED = List.of(
            "pg_read_server_files",
            "EXECUTE ON FUNCTION pg_read_binary_file(text, bigint, bigint, boolean), pg_ls_dir(text, boolean, boolean)");

    /** Whether the role may read files of the server. */
    public boolean isAllowed() {
        return connection
                .query(
                        LIMIT,
                        row -> row.getBoolean(1),
                        "SELECT pg_has_role('pg_read_server_files', 'usage')"
                                + " AND has_function_privilege("
                                + "'pg_read_binary_file(text, bigint, bigint, boolean)', 'execute')"
                                + " AND has_function_privilege('pg_ls_dir(text, boolean, boolean)', 'execute')")
                .getFirst();
    }

    @Override
    public Optional<Found> read(String path) throws IOException {
        Optional<byte[]> content = ask(() -> connection
                .query(
                        LIMIT,
                        row -> Optional.ofNullable(row.getBytes(1)),
                        "SELECT pg_read_binary_file(?, 0, ?, true)",
                        path,
                        MAX_BYTES + 1L)
                .getFirst());
        if (content.filter(bytes -> bytes.length > MAX_BYTES).isPresent()) {
            throw new IOException("it has more than " + MAX_BYTES + " bytes");
        }
        return content.map(bytes -> new Found(bytes, MODE, modified));
    }

    @Override
    public List<String> names(String directory) throws IOException {
        return ask(
                () -> connection.query(LIMIT, row -> row.getString(1), "SELECT pg_ls_dir(?, false, false)", directory));
    }

    @Override
    public String realPath(String path) {
        return path;
    }

    private interface Question<T> {
        T ask();
    }

    private static <T> T ask(Question<T> question) throws IOException {
        try {
            return question.ask();
        } catch (UserFacingException e) {
            if (e.exitCode() == ExitCode.INTERRUPTED) {
                throw e;
            }
            throw new IOException(e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        connection.close();
    }
}
