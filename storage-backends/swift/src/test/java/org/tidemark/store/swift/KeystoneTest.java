// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.keys;
import static org.tidemark.testkit.StoreAccess.put;
import static org.tidemark.testkit.StoreAccess.randomBytes;
import static org.tidemark.testkit.StoreAccess.read;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.tidemark.store.ElapsedTime;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StoreOptions;
import org.tidemark.store.swift.Sessions.Session;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.KeystoneServer;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.SwiftAccount;
import org.tidemark.testkit.SwiftLogins;
import org.tidemark.testkit.SwiftServer;

/** Logins at a real Keystone, for a real Swift that asks it about every token. */
@InTurn
class KeystoneTest {
    private static final String PASSWORD = "pass\"word-\u00e9-71ab";
    private static final String APPLICATION_SECRET = "application-secret-33c9";

    private static KeystoneServer keystone;
    private static SwiftServer swift;
    private static String applicationCredential = "";

    @BeforeAll
    static void start() {
        keystone = KeystoneServer.start();
        swift = SwiftServer.start(new SwiftLogins.Keystone(keystone));
        String project = keystone.newProject("backups", "pg", PASSWORD.replace("\"", "\\\""));
        String token = keystone.token("backups", "pg", PASSWORD.replace("\"", "\\\""));
        new SwiftAccount("http://127.0.0.1:" + swift.port() + "/v1/AUTH_" + project + "/", token)
                .done("PUT", "wal", "");
        applicationCredential =
                keystone.newApplicationCredential("backups", "pg", PASSWORD.replace("\"", "\\\""), APPLICATION_SECRET);
    }

    @AfterAll
    static void stop() {
        if (swift != null) {
            swift.close();
        }
        if (keystone != null) {
            keystone.close();
        }
    }

    private static Map<String, String> environment() {
        Map<String, String> environment = new HashMap<>();
        environment.put("OS_AUTH_URL", keystone.authUrl());
        environment.put("OS_USERNAME", "pg");
        environment.put("OS_PASSWORD", PASSWORD);
        environment.put("OS_PROJECT_NAME", "backups");
        environment.put("OS_USER_DOMAIN_NAME", "Default");
        environment.put("OS_REGION_NAME", KeystoneServer.REGION);
        return environment;
    }

    private static SwiftConfig config(Map<String, String> environment) {
        return SwiftConfig.parse(
                URI.create("swift://wal"),
                new StoreOptions(Map.of(), name -> Optional.ofNullable(environment.get(name))));
    }

    private static ObjectStore open(Map<String, String> environment) {
        return new SwiftObjectStore(config(environment));
    }

    @Test
    void whatIsPutAfterALoginIsThere() throws IOException {
        byte[] small = randomBytes(Rounds.random(), 50_000);
        byte[] large = randomBytes(Rounds.random(), 2_500_000);

        try (ObjectStore store = open(environment())) {
            put(store, "login/small", small);
            put(store, "login/large", large);

            assertThat(read(store, "login/small")).isEqualTo(small);
            assertThat(read(store, "login/large")).isEqualTo(large);
            assertThat(keys(store, "login/")).containsExactly("login/large", "login/small");
            store.delete(List.of(key("login/small"), key("login/large")));
            assertThat(keys(store, "login/")).isEmpty();
        }
    }

    @Test
    void anApplicationCredentialIsEnough() throws IOException {
        Map<String, String> environment = Map.of(
                "OS_AUTH_URL",
                keystone.authUrl().replace("/v3", ""),
                "OS_REGION_NAME",
                KeystoneServer.REGION,
                "OS_APPLICATION_CREDENTIAL_ID",
                applicationCredential,
                "OS_APPLICATION_CREDENTIAL_SECRET",
                APPLICATION_SECRET);

        try (ObjectStore store = open(environment)) {
            put(store, "application/a", new byte[] {3});
            assertThat(read(store, "application/a")).containsExactly(3);
        }
    }

    /** Time that is set by hand. */
    private static final class SetTime implements ElapsedTime {
        private long nanos;

        @Override
        public long nanos() {
            return nanos;
        }

        @Override
        public void pause(Duration duration) {
            nanos += duration.toNanos();
        }
    }

    private static Sessions sessions(SwiftConfig config, BoundedHttp http, ElapsedTime time) {
        SwiftErrors errors = new SwiftErrors("swift://wal", "wal", "pg");
        SwiftLogin login = new SwiftLogin(config.credentials(), config.storageUrl(), http, errors);
        return new Sessions(login, errors, time, config.network().limits());
    }

    @Test
    void aTokenIsKeptAndAskedForAnewBeforeItEnds() throws StorageException {
        SwiftConfig config = config(environment());
        SetTime time = new SetTime();

        try (BoundedHttp http = new BoundedHttp(config.network())) {
            Sessions sessions = sessions(config, http, time);
            Session first = sessions.current();
            // The server asks the time twice, in seconds: first for the end, then for the beginning.
            assertThat(first.life().orElseThrow()).isBetween(Duration.ofMinutes(59), Duration.ofHours(1));
            time.pause(Duration.ofMinutes(57));
            assertThat(sessions.current()).isSameAs(first);
            time.pause(Duration.ofMinutes(2));
            Session second = sessions.current();
            assertThat(second.token()).isNotEqualTo(first.token());
            assertThat(sessions.insteadOf(first)).isSameAs(second);
            assertThat(sessions.insteadOf(second).token()).isNotEqualTo(second.token());
            assertThat(first.toString()).doesNotContain(first.token().value());
        }
    }

    @Test
    void aTokenThatWasRevokedIsReplacedWithoutAFailure() throws IOException {
        try (SwiftContainer container = new SwiftContainer(config(environment()), ElapsedTime.SYSTEM)) {
            Session revoked = container.sessions().current();
            keystone.revoke(revoked.token().value());

            new SwiftObjectWriter(container).put(key("renewed/a"), ObjectSource.of(new byte[1_000_000]));

            assertThat(container.head(Operation.LOOK_UP, "renewed/a")).isPresent();
            assertThat(container.sessions().current().token()).isNotEqualTo(revoked.token());
        }
    }

    @Test
    void whatKeystoneRefusesIsDenied() {
        assertDenied("OS_PASSWORD", "wrong-password-90f1", "401", "'pg'");
        assertDenied("OS_USERNAME", "nobody", "401", "'nobody'");
        assertDenied("OS_PROJECT_NAME", "admin", "401");
        assertDenied("OS_USER_DOMAIN_NAME", "elsewhere", "401");
        assertDenied("OS_REGION_NAME", "east", "no object store in the region 'east'", "north", "south");
        assertDenied("OS_REGION_NAME", "", "regions [", "'region'");
        assertDenied("OS_INTERFACE", "admin", "interface 'admin'");
        assertDenied("OS_AUTH_URL", keystone.authUrl() + "/wrong", "404", "'auth-url'");
    }

    private static void assertDenied(String variable, String value, String... parts) {
        Map<String, String> environment = environment();
        environment.put(variable, value);
        if (value.isEmpty()) {
            environment.remove(variable);
        }
        try (ObjectStore store = open(environment)) {
            assertThatThrownBy(() -> store.stat(key("a")))
                    .as("%s=%s", variable, value)
                    .isInstanceOf(StorageDenied.class)
                    .message()
                    .contains("could not log in", "swift://wal")
                    .contains(parts)
                    .doesNotContain(PASSWORD, "wrong-password-90f1");
        }
    }
}
