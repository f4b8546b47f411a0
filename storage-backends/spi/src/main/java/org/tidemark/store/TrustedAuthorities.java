// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

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
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** The certificate authorities that a store's client trusts instead of the JDK's: the option {@value #OPTION}. */
public final class TrustedAuthorities {
    /** The option with the path of a file of certificates in PEM, which replace the JDK's. */
    public static final String OPTION = "ca-file";

    private TrustedAuthorities() {}

    /**
     * The TLS context of a client that takes one.
     *
     * @throws IllegalArgumentException if the file cannot be read, or contains no certificates in PEM
     */
    public static SSLContext context(Path file) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, managers(file), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw unusable(file, e);
        }
    }

    /**
     * The trust managers of a client that creates its own context.
     *
     * @throws IllegalArgumentException if the file cannot be read, or contains no certificates in PEM
     */
    public static TrustManager[] managers(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            Collection<? extends Certificate> certificates =
                    CertificateFactory.getInstance("X.509").generateCertificates(in);
            if (certificates.isEmpty()) {
                throw unusable(file, null);
            }
            KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
            trusted.load(null, null);
            int number = 0;
            for (Certificate certificate : certificates) {
                trusted.setCertificateEntry("authority-" + number++, certificate);
            }
            TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            managers.init(trusted);
            return managers.getTrustManagers();
        } catch (IOException | GeneralSecurityException e) {
            throw unusable(file, e);
        }
    }

    private static IllegalArgumentException unusable(Path file, @Nullable Exception cause) {
        return new IllegalArgumentException(
                "cannot use the file of '" + OPTION + "', '" + file
                        + "' (expected a readable file with the authorities' certificates in PEM)",
                cause);
    }
}
