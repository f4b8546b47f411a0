// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Collection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
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
            TrustManager[] made = managers.getTrustManagers();
            for (int i = 0; i < made.length; i++) {
                if (made[i] instanceof X509ExtendedTrustManager authorities) {
                    made[i] = new ValidNow(authorities);
                }
            }
            return made;
        } catch (IOException | GeneralSecurityException e) {
            throw unusable(file, e);
        }
    }

    /**
     * Java does not look at the dates of a certificate that the file itself contains, such as the server's own that it
     * signed itself.
     */
    private static final class ValidNow extends X509ExtendedTrustManager {
        private final X509ExtendedTrustManager authorities;

        ValidNow(X509ExtendedTrustManager authorities) {
            this.authorities = authorities;
        }

        private static void requireValidNow(X509Certificate[] chain) throws CertificateException {
            chain[0].checkValidity();
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
                throws CertificateException {
            authorities.checkServerTrusted(chain, authType, socket);
            requireValidNow(chain);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
                throws CertificateException {
            authorities.checkServerTrusted(chain, authType, engine);
            requireValidNow(chain);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            authorities.checkServerTrusted(chain, authType);
            requireValidNow(chain);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
                throws CertificateException {
            authorities.checkClientTrusted(chain, authType, socket);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
                throws CertificateException {
            authorities.checkClientTrusted(chain, authType, engine);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            authorities.checkClientTrusted(chain, authType);
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return authorities.getAcceptedIssuers();
        }
    }

    private static IllegalArgumentException unusable(Path file, @Nullable Exception cause) {
        return new IllegalArgumentException(
                "cannot use the file of '" + OPTION + "', '" + file
                        + "' (expected a readable file with the authorities' certificates in PEM)",
                cause);
    }
}
