// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateExpiredException;
import java.time.Instant;
import java.util.Date;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.ObjectMissing;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageFull;
import org.tidemark.store.StorageException.StorageUnavailable;

final class StoreErrorsTest {
    private static final StoreErrors ERRORS = new StoreErrors("demo://store") {
        @Override
        protected Failure classify(Operation operation, Throwable error) {
            return Failure.denied(describe(error)).hint("Ask for rights.").cause(error);
        }
    };

    @ParameterizedTest
    @EnumSource
    void aMessageSaysWhatFailedForWhichKeyInWhichStore(Operation operation) {
        IOException cause = new IOException("403");

        StorageException ofOne = ERRORS.of(operation, "main/a", cause);
        StorageException ofAll = ERRORS.of(operation, "", cause);

        assertThat(ofOne).isInstanceOf(StorageDenied.class).hasCause(cause);
        assertThat(ofOne.getMessage()).endsWith(" 'main/a' in demo://store: IOException: 403");
        assertThat(ofAll.getMessage())
                .endsWith(" demo://store: IOException: 403")
                .doesNotContain("''");
        assertThat(ofOne.hint()).contains("Ask for rights.");
    }

    @Test
    void eachKindOfFailureIsItsOwnException() {
        assertThat(ERRORS.of(Operation.WRITE, "main/a", StoreErrors.Failure.EXISTS))
                .isInstanceOf(ObjectExists.class)
                .hasMessage(ERRORS.exists(new ObjectKey("main/a")).getMessage());
        assertThat(ERRORS.of(Operation.READ, "main/a", StoreErrors.Failure.MISSING))
                .isInstanceOf(ObjectMissing.class)
                .hasMessage(ERRORS.missing(new ObjectKey("main/a")).getMessage());
        assertThat(ERRORS.of(Operation.WRITE, "main/a", StoreErrors.Failure.full("507")))
                .isInstanceOf(StorageFull.class)
                .hasMessage("could not write 'main/a' in demo://store: 507");
        assertThat(ERRORS.of(Operation.LIST, "", StoreErrors.Failure.unavailable("503")))
                .isInstanceOf(StorageUnavailable.class)
                .hasMessage("could not list demo://store: 503");
    }

    @Test
    void anErrorThatIsClassifiedStaysAsItIsHoweverDeepALibraryWrapsIt() {
        ObjectMissing missing = ERRORS.missing(new ObjectKey("main/a"));

        assertThat(ERRORS.of(Operation.READ, "main/a", new IOException(new RuntimeException(missing))))
                .isSameAs(missing);
    }

    @Test
    void anInterruptIsNeitherClassifiedNorForgotten() {
        StorageException thrown = ERRORS.of(Operation.READ, "main/a", new InterruptedException());

        assertThat(Thread.interrupted()).isTrue();
        assertThat(thrown)
                .isInstanceOf(StorageUnavailable.class)
                .hasMessage("could not read 'main/a' in demo://store: interrupted");
    }

    @Test
    void aFailureOfTheNetworkIsToldInPlainWords() {
        assertThat(StoreErrors.describe(new UnknownHostException("db9: Name or service not known")))
                .isEqualTo("the host name 'db9' is unknown");
        assertThat(StoreErrors.describe(new ConnectException("Connection refused")))
                .isEqualTo("the host refused the connection");
        assertThat(StoreErrors.describe(new ConnectException("Connection timed out")))
                .isEqualTo("the host did not answer in time");
        assertThat(StoreErrors.describe(new SocketTimeoutException("Read timed out")))
                .isEqualTo("the server did not answer in time");
        assertThat(StoreErrors.describe(new CertPathBuilderException("unable to find valid certification path")))
                .isEqualTo("the server's certificate is not signed by an authority that this host trusts");
    }

    @Test
    void anExpiredCertificateIsNamedWithItsEndAndNotTheAuthority() {
        Date end = Date.from(Instant.parse("2026-11-22T07:54:30Z"));

        StorageException thrown = ERRORS.of(
                Operation.READ,
                "main/a",
                new SSLHandshakeException("failed").initCause(new CertificateExpiredException("NotAfter: " + end)));

        assertThat(thrown)
                .isInstanceOf(StorageDenied.class)
                .hasMessageEndingWith(": the server's certificate expired at 2026-11-22 07:54:30Z");
        assertThat(thrown.hint()).contains("Renew the certificate on the server.");
    }

    @Test
    void aLongTextOfALibraryBecomesOneShortLine() {
        String shown = StoreErrors.describe(new IOException("a page\n  of <html> ".repeat(200)));

        assertThat(shown).startsWith("IOException: a page of <html> a page").hasSizeLessThan(350);
        assertThat(shown.lines()).hasSize(1);
        assertThat(StoreErrors.describe(new IOException())).isEqualTo("IOException");
    }
}
