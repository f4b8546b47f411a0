// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.core.Secret;
import org.tidemark.core.TimeLimits;
import org.tidemark.store.StoreDeclaration;
import org.tidemark.store.StoreOption;
import org.tidemark.store.StoreOptions;
import org.tidemark.store.azure.AzureCredential.AccountKey;
import org.tidemark.store.azure.AzureCredential.Identity;
import org.tidemark.store.azure.AzureCredential.SharedAccess;

class AzureConfigTest {
    private static final URI ADDRESS = URI.create("azure://acme/backups/prod");
    private static final String KEY = "c2VjcmV0LWtleQ==";
    private static final String TOKEN = "sv=2026-02-06&sp=rl&sig=c2VjcmV0";

    @TempDir
    Path directory;

    @Test
    void anAddressIsAnAccountAContainerAndAPrefix() {
        assertThat(AzureAddress.parse(URI.create("azure://acme/backups")))
                .isEqualTo(new AzureAddress("acme", "backups", ""));
        assertThat(AzureAddress.parse(URI.create("azure://acme/backups/")))
                .isEqualTo(new AzureAddress("acme", "backups", ""));
        assertThat(AzureAddress.parse(URI.create("azure://acme/backups/prod/db-1")))
                .isEqualTo(new AzureAddress("acme", "backups", "prod/db-1/"));
        assertThat(config(Map.of(), Map.of()).endpoint()).isEqualTo(URI.create("https://acme.blob.core.windows.net"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "azure:acme/backups",
                "azure:///backups",
                "azure://acme",
                "azure://acme/",
                "azure://ACME/backups",
                "azure://acme.blob.core.windows.net/backups",
                "azure://acme:443/backups",
                "azure://user@acme/backups",
                "azure://acme/Backups",
                "azure://acme/b",
                "azure://acme/back--ups",
                "azure://acme/backups/a%20b",
                "azure://acme/backups//x",
                "azure://acme/backups/../x",
                "azure://acme/backups#x",
                "s3://acme/backups"
            })
    void anythingElseIsRefused(String address) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AzureAddress.parse(URI.create(address)))
                .withMessageContaining("expected");
    }

    @Test
    void anAddressWithAPasswordIsRefusedAndNotShown() {
        for (String address : List.of("azure://user:secret@acme/backups", "azure://user:secret@ac_me/backups")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> AzureAddress.parse(URI.create(address)))
                    .withMessageNotContaining("secret");
        }
    }

    @Test
    void anAddressWithASignatureIsRefusedAndNotShown() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AzureAddress.parse(URI.create("azure://acme/backups?" + TOKEN)))
                .withMessageNotContaining("c2VjcmV0");
    }

    @Test
    void theUsualOptionsAreThese() {
        AzureConfig config = config(Map.of(), Map.of());

        assertThat(config.credential()).isEqualTo(new Identity());
        assertThat(config.limits()).isEqualTo(TimeLimits.DEFAULTS);
        assertThat(config.settings()).isEqualTo(new AzureObjectSettings(Optional.empty(), Map.of(), Optional.empty()));
    }

    @ParameterizedTest
    @CsvSource({
        "sp=rl&se=2026-12-01T10%3A00%3A00Z&sr=c&sig=x, 2026-12-01T10:00:00Z",
        "se=2026-12-01&sig=x, 2026-12-01T00:00:00Z",
        "si=policy&sr=c&sig=x,",
        "se=tomorrow&sig=x,",
    })
    void theEndOfASignatureIsTold(String token, @Nullable Instant end) {
        SharedAccess signature = new SharedAccess(new Secret(token));

        assertThat(signature.end()).isEqualTo(Optional.ofNullable(end));
        if (end != null) {
            assertThat(signature.remarks(end.minus(Duration.ofDays(15)))).isEmpty();
            assertThat(signature.remarks(end.minus(Duration.ofDays(13))))
                    .singleElement()
                    .satisfies(finding -> assertThat(finding.message()).contains("ends at " + end));
        }
    }

    @Test
    void whatEachObjectIsGivenIsRead() {
        AzureConfig config =
                config(Map.of("storage-class", "cool", "tags", "team=db, system = prod", "lock-for", "30d"), Map.of());

        assertThat(config.settings())
                .isEqualTo(new AzureObjectSettings(
                        Optional.of("Cool"), Map.of("team", "db", "system", "prod"), Optional.of(Duration.ofDays(30))));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "storage-class | archive | cold",
                "tags | team | team=db",
                "tags | team=db,team=x | up to 10 tags",
                "tags | =db | up to 10 tags",
                "lock-for | 0s | a duration",
                "read-timeout | soon | a duration",
                "endpoint | acme.example | https://account",
                "endpoint | ftp://acme.example | https://account",
                "endpoint | https://acme.example/backups | https://account",
                "endpoint | https://acme.example/acme/backups | https://account",
                "endpoint | https://user@acme.example | https://account",
                "endpoint | https://acme.example?sv=x | https://account",
                "proxy | proxy:3128 | http://proxy",
                "proxy | http://user:secret@proxy:3128 | http://proxy",
                "proxy | http://user:secret@pro xy:3128 | http://proxy",
                "endpoint | https://acme.example/?sig=secret more | expected the blob service",
                "ca-file | ca.pem | an absolute path",
            })
    void aWrongOptionIsRefusedWithWhatWouldBeRight(String name, String value, String expected) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> config(Map.of(name, value), Map.of()))
                .withMessageContaining("'" + name + "'")
                .withMessageContaining(expected)
                .withMessageNotContaining("secret");
    }

    @Test
    void anOptionGoesBeforeAConnectionStringBeforeAKeyBeforeASignature() throws Exception {
        Path file = Files.writeString(directory.resolve("sas"), "?" + TOKEN + "\n");
        String connection = "DefaultEndpointsProtocol=https;AccountName=acme;AccountKey=b3RoZXI=;"
                + "EndpointSuffix=core.chinacloudapi.cn";
        Map<String, String> all = Map.of(
                "AZURE_STORAGE_CONNECTION_STRING", connection,
                "AZURE_STORAGE_KEY", KEY,
                "AZURE_STORAGE_SAS_TOKEN", TOKEN);

        AzureConfig byOption = config(Map.of("sas-file", file.toString()), all);
        assertThat(byOption.credential()).isEqualTo(new SharedAccess(new Secret(TOKEN)));
        AzureConfig byConnection = config(Map.of(), all);
        assertThat(byConnection.credential()).isEqualTo(new AccountKey(new Secret("b3RoZXI=")));
        assertThat(byConnection.endpoint()).isEqualTo(URI.create("https://acme.blob.core.chinacloudapi.cn"));
        assertThat(config(Map.of(), Map.of("AZURE_STORAGE_KEY", KEY, "AZURE_STORAGE_SAS_TOKEN", TOKEN))
                        .credential())
                .isEqualTo(new AccountKey(new Secret(KEY)));
        assertThat(config(Map.of(), Map.of("AZURE_STORAGE_SAS_TOKEN", TOKEN)).credential())
                .isEqualTo(new SharedAccess(new Secret(TOKEN)));
        assertThat(config(Map.of("account-key-command", "echo " + KEY), Map.of())
                        .credential())
                .isEqualTo(new AccountKey(new Secret(KEY)));
    }

    @Test
    void aConnectionStringOfAnotherAccountIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> config(
                        Map.of(), Map.of("AZURE_STORAGE_CONNECTION_STRING", "AccountName=other;AccountKey=" + KEY)))
                .withMessageContaining("'other'")
                .withMessageContaining("'acme'")
                .withMessageNotContaining(KEY);
    }

    @ParameterizedTest
    @CsvSource({
        "AZURE_STORAGE_KEY, not-base64!, base64",
        "AZURE_STORAGE_SAS_TOKEN, https://acme.example/x?sig=not-base64!, only its token",
        "AZURE_STORAGE_SAS_TOKEN, not-base64!, only its token",
        "AZURE_STORAGE_CONNECTION_STRING, not-base64!, AccountKey",
        "AZURE_STORAGE_CUSTOMER_KEY, c2hvcnQ=, 32 bytes",
    })
    void aSecretThatCannotBeOneIsRefusedAndNotShown(String variable, String value, String expected) {
        assertThatThrownBy(() -> config(Map.of(), Map.of(variable, value)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(variable)
                .hasMessageContaining(expected)
                .hasMessageNotContaining(value)
                .hasNoCause();
    }

    @Test
    void whatIsSentAlongIsNotSentInTheClear() {
        Map<String, String> clear = Map.of("endpoint", "http://acme.example");

        assertThat(config(clear, Map.of("AZURE_STORAGE_KEY", KEY)).credential()).isInstanceOf(AccountKey.class);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> config(clear, Map.of("AZURE_STORAGE_SAS_TOKEN", TOKEN)))
                .withMessageContaining("expected https");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> config(clear, Map.of()))
                .withMessageContaining("expected https");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> config(Map.of("endpoint", "http://127.0.0.1:10000/acme"), Map.of()))
                .withMessageContaining("or https");
    }

    @Test
    void oneCredentialAndOneKindOfEncryptionAreGiven() {
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        config(Map.of("sas-command", "echo " + TOKEN, "account-key-command", "echo " + KEY), Map.of()))
                .withMessageContaining("expected one of them");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> config(
                        Map.of("encryption-scope", "scope"),
                        Map.of("AZURE_STORAGE_CUSTOMER_KEY", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")))
                .withMessageContaining("expected one of them");
    }

    @Test
    void theProviderIsFoundByItsScheme() {
        assertThat(ServiceLoader.load(StoreDeclaration.class))
                .filteredOn(store -> store.scheme().equals("azure"))
                .singleElement()
                .satisfies(store -> assertThat(store.provider()).isEqualTo(AzureStoreProvider.class.getName()))
                .satisfies(store -> assertThat(store.options())
                        .extracting(StoreOption::name)
                        .containsExactlyInAnyOrder(
                                "endpoint",
                                "account-key-file",
                                "account-key-command",
                                "sas-file",
                                "sas-command",
                                "customer-key-file",
                                "customer-key-command",
                                "encryption-scope",
                                "ca-file",
                                "proxy",
                                "storage-class",
                                "tags",
                                "lock-for",
                                "connect-timeout",
                                "read-timeout",
                                "request-timeout"));
    }

    private static AzureConfig config(Map<String, String> options, Map<String, String> environment) {
        return AzureConfig.of(ADDRESS, new StoreOptions(options, name -> Optional.ofNullable(environment.get(name))));
    }
}
