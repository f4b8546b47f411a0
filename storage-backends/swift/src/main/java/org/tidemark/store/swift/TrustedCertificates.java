// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Collection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.tidemark.store.StoreOptions;

/** Certificates of authorities from a PEM file, trusted instead of those of the JDK. */
final class TrustedCertificates {
    private static final String EXPECTED = "a file that this user can read, with certificates in PEM form";

    private TrustedCertificates() {}

    /** @throws IllegalArgumentException if the file cannot be read, or holds none */
    static SSLContext read(Path file) {
        try (InputStream pem = Files.newInputStream(file)) {
            Collection<? extends Certificate> certificates =
                    CertificateFactory.getInstance("X.509").generateCertificates(pem);
            if (certificates.isEmpty()) {
                throw StoreOptions.wrong(SwiftConfig.CA_FILE, file.toString(), EXPECTED);
            }
            KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
            trusted.load(null, null);
            int number = 0;
            for (Certificate certificate : certificates) {
                trusted.setCertificateEntry("ca-" + number++, certificate);
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, factory.getTrustManagers(), null);
            return context;
        } catch (IOException | GeneralSecurityException e) {
            IllegalArgumentException wrong = StoreOptions.wrong(SwiftConfig.CA_FILE, file.toString(), EXPECTED);
            wrong.initCause(e);
            throw wrong;
        }
    }
}
