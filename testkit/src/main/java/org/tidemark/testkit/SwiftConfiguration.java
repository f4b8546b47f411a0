// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** The files from which the servers of a {@link SwiftServer} read what they are. Immutable. */
record SwiftConfiguration(Path directory, String user) {
    private static final String HASH_SUFFIX = "testkit";

    /**
     * Swift's own limits are parts of a second. On a busy machine they pass while everything works: then an object is
     * missing from its listing until an updater comes by, of which there is none here, or a token is forgotten.
     */
    private static final int PATIENCE_SECONDS = 60;

    /** The partition of a ring of four in which Swift keeps what this path names. */
    static int partition(String path) {
        try {
            byte[] digest =
                    MessageDigest.getInstance("MD5").digest((path + HASH_SUFFIX).getBytes(StandardCharsets.UTF_8));
            return (digest[0] & 0xFF) >> 6;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has MD5", e);
        }
    }

    void writeCommon() throws IOException {
        write("swift.conf", """
                [swift-hash]
                swift_hash_path_suffix = %s
                [storage-policy:0]
                name = default
                default = yes
                """.formatted(HASH_SUFFIX));
    }

    /** @param kind account, container or object */
    void writeStorage(String kind, int port) throws IOException {
        write(
                kind + "-server.conf",
                common(port)
                        + """
                devices = %s/devices
                mount_check = false
                disable_fallocate = true
                fallocate_reserve = 0
                [pipeline:main]
                pipeline = %s-server
                [app:%s-server]
                use = egg:swift#%s
                conn_timeout = %d
                node_timeout = %d
                container_update_timeout = %d
                """.formatted(
                                directory, kind, kind, kind, PATIENCE_SECONDS, PATIENCE_SECONDS, PATIENCE_SECONDS));
    }

    void writeProxy(int port, int memcachedPort, SwiftLogins logins) throws IOException {
        String login = switch (logins) {
            case SwiftLogins.Tempauth _ -> "tempauth";
            case SwiftLogins.Keystone _ -> "authtoken keystoneauth";
        };
        write(
                "proxy-server.conf",
                common(port) + """
                        [pipeline:main]
                        pipeline = catch_errors gatekeeper healthcheck cache listing_formats bulk %1$s copy container-quotas slo dlo proxy-server
                        [app:proxy-server]
                        use = egg:swift#proxy
                        account_autocreate = true
                        conn_timeout = %2$d
                        node_timeout = %2$d
                        [filter:catch_errors]
                        use = egg:swift#catch_errors
                        [filter:gatekeeper]
                        use = egg:swift#gatekeeper
                        [filter:healthcheck]
                        use = egg:swift#healthcheck
                        [filter:cache]
                        use = egg:swift#memcache
                        memcache_servers = 127.0.0.1:%3$d
                        connect_timeout = %2$d
                        pool_timeout = %2$d
                        io_timeout = %2$d
                        [filter:listing_formats]
                        use = egg:swift#listing_formats
                        [filter:bulk]
                        use = egg:swift#bulk
                        [filter:copy]
                        use = egg:swift#copy
                        [filter:container-quotas]
                        use = egg:swift#container_quotas
                        [filter:slo]
                        use = egg:swift#slo
                        [filter:dlo]
                        use = egg:swift#dlo
                        """.formatted(login, PATIENCE_SECONDS, memcachedPort) + filters(logins));
    }

    private static String filters(SwiftLogins logins) {
        return switch (logins) {
            case SwiftLogins.Tempauth tempauth -> """
                    [filter:tempauth]
                    use = egg:swift#tempauth
                    """ + String.join("\n", tempauth.users()) + "\n";
            // A token that was revoked must be refused at once, so what is known of tokens is not kept.
            case SwiftLogins.Keystone keystone ->
                """
                    [filter:authtoken]
                    paste.filter_factory = keystonemiddleware.auth_token:filter_factory
                    www_authenticate_uri = %s
                    auth_url = %s
                    auth_type = password
                    project_domain_id = default
                    user_domain_id = default
                    project_name = admin
                    username = admin
                    password = %s
                    token_cache_time = -1
                    delay_auth_decision = true
                    [filter:keystoneauth]
                    use = egg:swift#keystoneauth
                    operator_roles = admin, member
                    """.formatted(
                                keystone.server().authUrl(),
                                keystone.server().authUrl(),
                                keystone.server().adminPassword());
        };
    }

    /** No child processes: what is served by the process itself ends with it. */
    private String common(int port) {
        return """
                [DEFAULT]
                bind_ip = 127.0.0.1
                bind_port = %d
                workers = 0
                user = %s
                swift_dir = %s
                log_level = WARNING
                """.formatted(port, user, directory);
    }

    private void write(String name, String text) throws IOException {
        Files.writeString(directory.resolve(name), text);
    }
}
