// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.security.InvalidAlgorithmParameterException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** What an operator can do about a failure of the network, by its cause. */
public final class NetworkCause {
    private static final int MAX_CAUSES = 10;

    private NetworkCause() {}

    /** A hint; none where the cause is not known. */
    public static @Nullable String hint(@Nullable Throwable failure) {
        Throwable at = failure;
        for (int depth = 0; at != null && depth < MAX_CAUSES; depth++) {
            String hint = hintOf(at);
            if (hint != null) {
                return hint;
            }
            at = at.getCause();
        }
        return null;
    }

    private static @Nullable String hintOf(Throwable cause) {
        if (cause instanceof UnknownHostException || cause instanceof UnresolvedAddressException) {
            return "No such host is known: compare the address in the configuration with what 'getent hosts NAME'"
                    + " says.";
        }
        if (cause instanceof NoRouteToHostException) {
            return "There is no route to that host: look at this host's routes with 'ip route', and at firewalls.";
        }
        if (cause instanceof ConnectException && !isTimeout(cause)) {
            return "Nothing listens at that port: see that the server runs there, and that host and port in the"
                    + " configuration are right.";
        }
        if (cause instanceof SocketTimeoutException || isTimeout(cause)) {
            return "The host is silent: a firewall may drop what is sent to it, or a proxy may be needed; a slow server"
                    + " needs a longer connect-timeout or read-timeout.";
        }
        if (cause instanceof CertificateException || cause instanceof CertPathValidatorException) {
            return "Name the file of the authority that signed the server's certificate as ca-file, and use the host"
                    + " name that the certificate has.";
        }
        if (cause instanceof InvalidAlgorithmParameterException) {
            return "This Java has no certificates of authorities: install the package ca-certificates-java, or name the"
                    + " file of the authority that signed the server's certificate as ca-file.";
        }
        // The handshake's reasons come first: they are causes of this one.
        return cause instanceof SSLException && cause.getCause() == null
                ? "Client and server do not agree on TLS: is this the port for https, and not the one for http?"
                : null;
    }

    /** Some libraries say it in words alone. */
    private static boolean isTimeout(Throwable cause) {
        String message = cause.getMessage();
        return message != null && message.toLowerCase(java.util.Locale.ROOT).contains("timed out");
    }
}
