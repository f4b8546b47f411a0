// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.core.TimeLimits;
import org.tidemark.store.StoreDeclaration;
import org.tidemark.store.StoreOption;
import org.tidemark.store.StoreOptions;

class GcsConfigTest {
    private static final String KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

    @TempDir
    Path directory;

    @Test
    void anAddressIsABucketAndAPrefix() {
        assertThat(GcsAddress.parse(URI.create("gs://wal"))).isEqualTo(new GcsAddress("wal", ""));
        assertThat(GcsAddress.parse(URI.create("gs://wal/"))).isEqualTo(new GcsAddress("wal", ""));
        assertThat(GcsAddress.parse(URI.create("gs://w_al.example/prod/db-1")))
                .isEqualTo(new GcsAddress("w_al.example", "prod/db-1/"));
        assertThat(GcsAddress.parse(URI.create("gs://wal/prod/")).description()).isEqualTo("gs://wal");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gs:wal",
                "gs:///wal",
                "gs://WAL",
                "gs://wa",
                "gs://user:secret@wal",
                "gs://user:my@secret@wal",
                "gs://wal:443",
                "gs://wal/a%20b",
                "gs://wal//x",
                "gs://wal/../x",
                "gs://wal/x?secret",
                "gs://wal#x",
                "s3://wal"
            })
    void anythingElseIsRefused(String address) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> GcsAddress.parse(URI.create(address)))
                .withMessageContaining("expected gs://bucket")
                .withMessageNotContaining("secret");
    }

    @Test
    void theUsualIsGooglesServiceWithTheCredentialsOfTheMachine() {
        GcsConfig config = config(Map.of());

        assertThat(config.endpoint()).isEmpty();
        assertThat(config.credentials()).isInstanceOf(GcsCredentials.ApplicationDefault.class);
        assertThat(config.chunkBytes()).isEqualTo(8 * 1024 * 1024);
        assertThat(config.limits()).isEqualTo(TimeLimits.DEFAULTS);
        assertThat(config.settings().lockFor()).isEmpty();
    }

    @Test
    void everyOptionIsRead() throws IOException {
        String file = Files.writeString(directory.resolve("key"), KEY).toString();
        GcsConfig config = config(Map.of(
                "credentials", "none",
                "endpoint", "http://127.0.0.1:4443/",
                "project", "acme",
                "user-project", "payer",
                "storage-class", "coldline",
                "customer-key-file", file,
                "lock-for", "35d",
                "chunk-size", "1MiB",
                "proxy", "http://proxy:3128",
                "request-timeout", "1m"));

        assertThat(config.endpoint()).contains(URI.create("http://127.0.0.1:4443"));
        assertThat(config.userProject()).contains("payer");
        assertThat(config.settings().storageClass()).contains("COLDLINE");
        assertThat(config.settings().lockFor()).contains(Duration.ofDays(35));
        assertThat(config.chunkBytes()).isEqualTo(1024 * 1024);
        assertThat(config.limits().request()).isEqualTo(Duration.ofMinutes(1));
        assertThat(config.toString()).doesNotContain(KEY);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "credentials | all | one of [default, none]",
                "credentials | none | for emulators",
                "endpoint | ftp://host | expected the service",
                "endpoint | https://host/path | expected the service",
                "endpoint | https://user:secret@host | expected the service",
                "endpoint | http://host | not encrypted",
                "storage-class | cheap | nearline",
                "kms-key | mine | projects/",
                "lock-for | soon | duration",
                "lock-for | 40000d | at most",
                "chunk-size | 1000 | 262144",
                "chunk-size | 300KiB | multiple of 256KiB",
                "proxy | socks5://proxy:1080 | HTTP proxy",
                "proxy | http://user:secret@proxy:3128 | no password",
                "customer-key-command | echo secret | 32 bytes",
                "credentials-command | echo secret | not the key of a service account",
                "credentials-command | echo '{\"type\":\"secret\"}' | not the key of a service account"
            })
    void whatIsNotValidIsRefusedWithWhatWouldBe(String option, String value, String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> config(Map.of(option, value)))
                .withMessageContaining(text)
                .withMessageNotContaining("secret");
    }

    @Test
    void optionsThatExcludeEachOtherAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> config(Map.of("credentials", "none", "credentials-command", "echo x")))
                .withMessageContaining("credentials-command");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> config(Map.of("credentials-file", "/x", "credentials-command", "echo x")))
                .withMessageContaining("both");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> config(Map.of(
                        "kms-key",
                        "projects/p/locations/l/keyRings/r/cryptoKeys/k",
                        "customer-key-command",
                        "echo " + KEY)))
                .withMessageContaining("both");
    }

    @Test
    void theProviderIsFoundByItsSchemeAndKnowsItsOptions() {
        StoreDeclaration store = ServiceLoader.load(StoreDeclaration.class).stream()
                .map(ServiceLoader.Provider::get)
                .filter(found -> found.scheme().equals("gs"))
                .findFirst()
                .orElseThrow();

        assertThat(store.provider()).isEqualTo(GcsStoreProvider.class.getName());
        assertThat(store.options())
                .extracting(StoreOption::name)
                .contains("credentials-file", "customer-key-command", "lock-for", "request-timeout")
                .doesNotHaveDuplicates();
    }

    private static GcsConfig config(Map<String, String> options) {
        return GcsConfig.of(
                URI.create("gs://wal/prod"), new StoreOptions(new HashMap<>(options), name -> Optional.empty()));
    }
}
