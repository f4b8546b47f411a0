// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.put;

import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.testkit.FaultProxy;
import org.tidemark.testkit.NetworkFault;

/** What becomes of single answers of the service, which the emulator does not give. */
class AzureAnswersTest {
    private final FaultProxy proxy = FaultProxy.to(Azurite.server().port());
    private ObjectStore direct = Azurite.store(Azurite.nowhere(), Map.of());
    private ObjectStore store = direct;

    /** No connection through the proxy stands before a test sets its answer. */
    @BeforeEach
    void fill() throws Exception {
        var address = Azurite.newContainer();
        direct = Azurite.store(address, Map.of());
        put(direct, "main/there", new byte[] {1, 2, 3});
        store = Azurite.store(address, Map.of("endpoint", Azurite.server().endpointAt(proxy.port())));
    }

    @AfterEach
    void close() {
        store.close();
        direct.close();
        proxy.close();
    }

    /** The service looks at locks and at conditions in an order that it does not tell. */
    @ParameterizedTest
    @CsvSource({"main/there, true", "main/new, false"})
    void aPutThatIsRefusedExistsIfALookSaysSo(String name, boolean exists) {
        proxy.set(answer(409, "BlobImmutableDueToPolicy"), 1);

        assertThatThrownBy(() -> put(store, name, new byte[10]))
                .isInstanceOf(exists ? ObjectExists.class : StorageDenied.class);
    }

    @Test
    void onlyWhoAskedForOneObjectIsToldThatThereIsNone() throws Exception {
        proxy.set(answer(404, "BlobNotFound"));

        assertThat(store.stat(key("main/there"))).isEmpty();
        assertThatThrownBy(() -> put(store, "main/new", new byte[10])).isInstanceOf(StorageUnavailable.class);
        for (String prefix : List.of("", "main/")) {
            assertThatThrownBy(() -> store.list(prefix, Optional.empty(), 10)).isInstanceOf(StorageUnavailable.class);
        }
    }

    /** Azure's code is the same for a wrong key and for a wrong clock; only the date of the answer tells. */
    @Test
    void aRefusalNamesTheClockIfItIsWrong() {
        String date = DateTimeFormatter.RFC_1123_DATE_TIME.format(
                ZonedDateTime.now(ZoneOffset.UTC).minusMinutes(20));
        proxy.set(NetworkFault.httpAnswer(403, "x-ms-error-code: AuthenticationFailed\r\nDate: " + date, ""));

        assertHint("it differs from the server's clock by 20 minutes");
        proxy.set(answer(403, "AuthenticationFailed"));
        assertHint("az storage account keys list");
    }

    @Test
    void anAnswerOfAnotherServerNamesTheEndpoint() {
        proxy.set(NetworkFault.httpStatus(404));

        assertHint("check the option endpoint");
    }

    private void assertHint(String text) {
        assertThatThrownBy(() -> store.list("", Optional.empty(), 10))
                .isInstanceOf(StorageException.class)
                .satisfies(e -> assertThat(((StorageException) e).hint().orElse("no hint"))
                        .contains(text));
    }

    private static NetworkFault answer(int status, String code) {
        return NetworkFault.httpAnswer(status, "x-ms-error-code: " + code, "");
    }
}
