// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.core.Secret;
import org.tidemark.store.StoreDeclaration;
import org.tidemark.store.StoreOption;
import org.tidemark.store.StoreOptions;
import org.tidemark.store.swift.SwiftCredentials.Name;

class SwiftConfigTest {
    private static final Map<String, String> KEYSTONE = Map.of(
            "OS_AUTH_URL", "https://cloud:5000/v3/",
            "OS_USERNAME", "pg",
            "OS_PASSWORD", "s3cret",
            "OS_PROJECT_NAME", "backups");
    private static final Map<String, String> VERSION_1 =
            Map.of("ST_AUTH", "http://swift:8080/auth/v1.0", "ST_USER", "a:b", "ST_KEY", "s3cret");

    @TempDir
    Path directory;

    private static SwiftConfig parse(String address, Map<String, String> environment, String... options) {
        Map<String, String> given = new HashMap<>();
        for (int i = 0; i < options.length; i += 2) {
            given.put(options[i], options[i + 1]);
        }
        return SwiftConfig.parse(
                URI.create(address), new StoreOptions(given, name -> Optional.ofNullable(environment.get(name))));
    }

    @Test
    void anAddressIsAContainerAndAPrefix() {
        assertThat(parse("swift://pg_wal.1", VERSION_1).container()).isEqualTo("pg_wal.1");
        assertThat(parse("swift://c/", VERSION_1).prefix()).isEmpty();
        assertThat(parse("swift://c/a/b", VERSION_1).prefix()).isEqualTo("a/b/");
        assertThat(parse("swift://c/a/b/", VERSION_1).description()).isEqualTo("swift://c");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "swift:///a",
                "s3://c/a",
                "swift://c/a?x=1",
                "swift://c/a#x",
                "swift://c/../a",
                "swift://c/a%20b",
                "swift://user:s3cret@c/a",
                "swift://c:80/a",
                "swift:c"
            })
    void anythingElseIsRefused(String address) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse(address, VERSION_1))
                .withMessageContaining("expected swift://container/prefix")
                .withMessageNotContaining("s3cret");
    }

    @Test
    void whatOpenStacksOwnProgramsReadIsEnough() {
        assertThat(parse("swift://c", KEYSTONE).credentials())
                .isEqualTo(new SwiftCredentials.V3(
                        URI.create("https://cloud:5000/v3"),
                        new SwiftCredentials.Password(
                                new Name(false, "pg"),
                                new Name(true, "default"),
                                new Secret("s3cret"),
                                new Name(false, "backups"),
                                new Name(true, "default")),
                        Optional.empty(),
                        "public"));
        assertThat(parse("swift://c", VERSION_1).credentials())
                .isEqualTo(new SwiftCredentials.V1(
                        URI.create("http://swift:8080/auth/v1.0"), "a:b", new Secret("s3cret")));
    }

    @Test
    void optionsGoBeforeTheEnvironment() throws IOException {
        Path password = Files.writeString(directory.resolve("password"), "other\n");
        Map<String, String> environment = new HashMap<>(KEYSTONE);
        environment.put("OS_REGION_NAME", "south");
        environment.put("OS_ENDPOINT_TYPE", "internalURL");
        environment.put("OS_PROJECT_DOMAIN_ID", "d2");
        environment.put("OS_PROJECT_ID", "p9");

        assertThat(parse(
                                "swift://c",
                                environment,
                                "user",
                                "x",
                                "user-domain",
                                "d1",
                                "password-file",
                                password.toString())
                        .credentials())
                .isEqualTo(new SwiftCredentials.V3(
                        URI.create("https://cloud:5000/v3"),
                        new SwiftCredentials.Password(
                                new Name(false, "x"),
                                new Name(false, "d1"),
                                new Secret("other"),
                                new Name(true, "p9"),
                                new Name(true, "d2")),
                        Optional.of("south"),
                        "internal"));
        assertThat(parse(
                                "swift://c",
                                KEYSTONE,
                                "application-credential-id",
                                "ac",
                                "application-credential-secret-command",
                                "echo hidden")
                        .credentials())
                .isEqualTo(new SwiftCredentials.V3(
                        URI.create("https://cloud:5000/v3"),
                        new SwiftCredentials.ApplicationCredential("ac", new Secret("hidden")),
                        Optional.empty(),
                        "public"));
    }

    @ParameterizedTest
    @CsvSource({
        "https://cloud:5000,, V3, https://cloud:5000/v3",
        "https://cloud/identity,, V3, https://cloud/identity/v3",
        "https://cloud/identity/v3/,, V3, https://cloud/identity/v3",
        "http://swift/auth/v1.0,, V1, http://swift/auth/v1.0",
        "http://gateway/auth/v1,, V1, http://gateway/auth/v1",
        "http://gateway/auth,1, V1, http://gateway/auth",
        "http://gateway/v1/keystone,3, V3, http://gateway/v1/keystone/v3"
    })
    void theVersionIsWhatTheOptionSaysOrTheAddressEndsWith(String url, String version, String kind, String used) {
        Map<String, String> environment = new HashMap<>(KEYSTONE);
        environment.putAll(VERSION_1);
        environment.put("OS_AUTH_URL", url);

        SwiftCredentials credentials = version == null
                ? parse("swift://c", environment).credentials()
                : parse("swift://c", environment, "auth-version", version).credentials();
        assertThat(credentials.getClass().getSimpleName()).isEqualTo(kind);
        assertThat(credentials.authUrl()).isEqualTo(URI.create(used));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "auth-url | https://cloud/v2.0 | expected version 3 of Keystone",
                "auth-url | ftp://cloud | expected an http or https address",
                "auth-url | https://u:s3cret@cloud/v3 | expected an http or https address",
                "auth-version | 4 | expected 1 or 3",
                "interface | secret | expected public, internal or admin",
                "project-id | 7 | expected one of them",
                "storage-url | swift | expected an http or https address",
                "proxy | https://proxy:3128 | expected an HTTP proxy",
                "proxy | http://u:s3cret@proxy:3128 | expected an HTTP proxy",
                "proxy | proxy:3128 | expected an HTTP proxy",
                "ca-file | relative.pem | expected an absolute path",
                "read-timeout | 0s | expected a duration"
            })
    void whatIsNotValidIsRefusedByName(String option, String value, String expected) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse("swift://c", KEYSTONE, "project", "p", option, value))
                .withMessageContaining(option)
                .withMessageContaining(expected)
                .withMessageNotContaining("s3cret");
    }

    @ParameterizedTest
    @CsvSource({
        "OS_AUTH_URL, 'auth-url', OS_AUTH_URL",
        "OS_USERNAME, 'user', OS_USERNAME",
        "OS_PASSWORD, 'password-command', OS_PASSWORD",
        "OS_PROJECT_NAME, 'project', OS_PROJECT_NAME",
        "ST_USER, 'user', ST_USER",
        "ST_KEY, 'password-file', ST_KEY"
    })
    void whatIsMissingIsNamedWithItsVariable(String left, String option, String variable) {
        Map<String, String> environment = new HashMap<>(left.startsWith("OS") ? KEYSTONE : VERSION_1);
        environment.remove(left);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse("swift://c", environment))
                .withMessageContaining(option)
                .withMessageContaining(variable);
    }

    @Test
    void aKeyThatCannotBeSentIsRefusedAndNotPrinted() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse(
                        "swift://c",
                        Map.of("ST_AUTH", "http://s/auth/v1.0", "ST_USER", "a:b", "ST_KEY", "s3cret\u0007")))
                .withMessageContaining("ASCII")
                .withMessageNotContaining("s3cret");
    }

    @Test
    void nothingThatIsPrintedHoldsASecret() {
        assertThat(parse("swift://c", KEYSTONE).toString())
                .contains("pg", "********")
                .doesNotContain("s3cret");
        assertThat(parse("swift://c", VERSION_1).toString()).contains("a:b").doesNotContain("s3cret");
    }

    @Test
    void certificatesThatCannotBeReadAreRefusedAtOnce() throws IOException {
        Path empty = Files.createFile(directory.resolve("empty.pem"));
        Path text = Files.writeString(directory.resolve("text.pem"), "not a certificate");

        for (Path file : new Path[] {empty, text, directory.resolve("missing.pem")}) {
            SwiftConfig config = parse("swift://c", KEYSTONE, "ca-file", file.toString());
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new SwiftObjectStore(config))
                    .withMessageContaining("'ca-file'")
                    .withMessageContaining(file.toString());
        }
    }

    @Test
    void theProviderIsFoundByItsScheme() {
        assertThat(ServiceLoader.load(StoreDeclaration.class))
                .filteredOn(store -> store.scheme().equals("swift"))
                .singleElement()
                .satisfies(store -> assertThat(store.provider()).isEqualTo(SwiftStoreProvider.class.getName()))
                .satisfies(store -> assertThat(store.options())
                        .extracting(StoreOption::name)
                        .contains("auth-url", "password-file", "read-timeout")
                        .doesNotContain("password"));
    }
}
