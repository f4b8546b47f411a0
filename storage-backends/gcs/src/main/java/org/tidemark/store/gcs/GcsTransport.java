// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import com.google.api.client.http.HttpTransport;
import com.google.api.client.http.javanet.NetHttpTransport;
import com.google.auth.http.HttpTransportFactory;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URL;
import java.util.Optional;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLSocketFactory;
import org.tidemark.store.ServerClock;
import org.tidemark.store.TrustedAuthorities;

/**
 * The connections of the library, for objects and for logins: HTTP connections of the JDK, which use only the
 * configured proxy. Thread-safe.
 */
final class GcsTransport implements HttpTransportFactory {
    private final HttpTransport transport;

    GcsTransport(GcsConfig config, ServerClock clock) {
        Optional<SSLSocketFactory> trusting =
                config.caFile().map(file -> TrustedAuthorities.context(file).getSocketFactory());
        Proxy proxy = config.proxy().map(at -> new Proxy(Proxy.Type.HTTP, at)).orElse(Proxy.NO_PROXY);
        this.transport = new NetHttpTransport.Builder()
                .setConnectionFactory(url -> connection(url, proxy, trusting, clock))
                .build();
    }

    private static HttpURLConnection connection(
            URL url, Proxy proxy, Optional<SSLSocketFactory> trusting, ServerClock clock) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) url.openConnection(proxy);
        if (connection instanceof HttpsURLConnection https) {
            trusting.ifPresent(https::setSSLSocketFactory);
        }
        return new WatchedConnection(connection, clock);
    }

    @Override
    public HttpTransport create() {
        return transport;
    }
}
