// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.ConnectionSettings.TargetSession;
import org.tidemark.postgres.internal.ConnectionSettingsReader;

/**
 * The value of primary_conninfo: how a standby connects to its primary, without a password. Immutable.
 *
 * @param text keywords and values
 */
public record PrimaryConninfo(String text) {
    private static final String TARGET_SESSION = "target_session_attrs";
    private static final List<String> SECRETS = List.of("password", "sslpassword");

    /** A standby asks for no database and no encoding, and which server a client prefers is not its choice. */
    private static final List<String> OF_CLIENTS =
            List.of("dbname", "client_encoding", "fallback_application_name", TARGET_SESSION);

    /**
     * Completes a connection string by what the server's own environment might lack: the address and the user.
     *
     * @param applicationName the standby's name in pg_stat_replication and synchronous_standby_names, if the connection
     *     string gives none
     * @throws UserFacingException USAGE if it holds a password, or cannot be read
     */
    public static PrimaryConninfo of(String conninfo, String applicationName, ClientEnvironment environment) {
        ConnectionSettings settings = ConnectionSettings.parse(conninfo, environment);
        Map<String, String> pairs = new LinkedHashMap<>(ConnectionSettingsReader.pairs(conninfo));
        if (SECRETS.stream().anyMatch(pairs::containsKey)) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "the connection string of the primary has a password, which would be written into the settings of"
                            + " the standby",
                    "Give it without the password, by --primary, and write the password into ~/.pgpass of the user of"
                            + " the standby.");
        }
        pairs.keySet().removeAll(OF_CLIENTS);
        pairs.put("host", join(settings, ServerAddress::host));
        pairs.put("port", join(settings, address -> Integer.toString(address.port())));
        if (settings.session() != TargetSession.ANY) {
            pairs.put(TARGET_SESSION, "read-write"); // the only word for a primary that 13 knows
        }
        pairs.putIfAbsent("user", settings.user());
        pairs.putIfAbsent("application_name", applicationName);
        return new PrimaryConninfo(pairs.entrySet().stream()
                .map(each -> each.getKey() + "=" + ServerAddress.quoted(each.getValue()))
                .collect(Collectors.joining(" ")));
    }

    private static String join(ConnectionSettings settings, Function<ServerAddress, String> part) {
        return settings.addresses().stream().map(part).collect(Collectors.joining(","));
    }
}
