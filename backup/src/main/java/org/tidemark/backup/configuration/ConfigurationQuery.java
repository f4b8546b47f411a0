// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.configuration;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import org.tidemark.backup.configuration.ServerConfiguration.Denied;
import org.tidemark.backup.configuration.ServerConfiguration.Places;
import org.tidemark.catalog.backup.StoredConfiguration.Setting;
import org.tidemark.core.ExitCode;
import org.tidemark.core.HostFiles;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.postgres.SqlConnection;

/** Asks a server where its configuration is, and for its files where this host does not have them. */
public final class ConfigurationQuery {
    /** An array of names and values in turn: the settings, then 'read' with each file from which a setting comes. */
    public static final String PLACES = "ARRAY(SELECT unnest(ARRAY[name, setting]) FROM pg_settings"
            + " WHERE name IN ('data_directory', 'config_file', 'hba_file', 'ident_file') AND setting <> '')"
            + " || ARRAY(SELECT unnest(ARRAY['read', sourcefile]) FROM"
            + " (SELECT DISTINCT sourcefile FROM pg_settings WHERE sourcefile IS NOT NULL) files)";

    private ConfigurationQuery() {}

    /** Reads the answer to {@link #PLACES}; empty if the role may not see where the files are. */
    public static Optional<Places> places(ResultSet row) throws SQLException {
        String[] answer = (String[]) row.getArray(1).getArray();
        String dataDirectory = "";
        SequencedMap<Setting, String> files = new LinkedHashMap<>();
        List<String> read = new ArrayList<>();
        for (int i = 0; i + 1 < answer.length; i += 2) {
            String value = answer[i + 1];
            switch (answer[i]) {
                case "data_directory" -> dataDirectory = value;
                case "config_file" -> files.put(Setting.CONFIG_FILE, value);
                case "hba_file" -> files.put(Setting.HBA_FILE, value);
                case "ident_file" -> files.put(Setting.IDENT_FILE, value);
                default -> read.add(value);
            }
        }
        return dataDirectory.isEmpty() ? Optional.empty() : Optional.of(new Places(dataDirectory, files, read));
    }

    /**
     * Reads the files. What cannot be read is said in the result.
     *
     * @param places empty if the role may not see them
     * @param files of the server's host
     * @param settings of the server itself
     */
    public static ServerConfiguration read(
            Optional<Places> places, Optional<HostFiles> files, ConnectionSettings settings, String user) {
        if (places.isEmpty()) {
            return new ServerConfiguration(
                    List.of(),
                    List.of(),
                    Optional.empty(),
                    List.of(),
                    Optional.of(
                            "the server's configuration is outside of its data directory, and not in the backup: the"
                                    + " role may not see where it is; let a superuser run: GRANT pg_read_all_settings TO \""
                                    + user + "\""));
        }
        if (files.isPresent()) {
            return ServerConfiguration.read(places.get(), new HostConfiguration(files.get()));
        }
        try (SqlConfiguration host = new SqlConfiguration(SqlConnection.open(settings), Instant.EPOCH)) {
            if (host.isAllowed()) {
                return ServerConfiguration.read(places.get(), host);
            }
        } catch (UserFacingException e) {
            if (e.exitCode() == ExitCode.INTERRUPTED) {
                throw e;
            }
            return ServerConfiguration.missing("the server's configuration could not be read: " + e.getMessage());
        }
        return ServerConfiguration.denied(
                places.get(),
                new Denied("let a superuser run, in database '" + settings.database() + "': "
                        + String.join(
                                " ",
                                SqlConfiguration.NEEDED.stream()
                                        .map(right -> "GRANT " + right + " TO \"" + user + "\";")
                                        .toList())
                        + " or take the backup on the server's host"));
    }
}
