// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.process;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;

/**
 * SIGHUP, which would end a JVM. Java has only a class for it that is not part of its API, so it is used by reflection:
 * where it is missing, SIGHUP ends the process, and the supervisor starts it again.
 */
public final class Hangup {
    private Hangup() {}

    /** From now on the signal runs this, in a thread of its own. */
    public static void run(Runnable received) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            InvocationHandler setting = (proxy, method, arguments) -> {
                if (method.getName().equals("handle")) {
                    received.run();
                }
                return null;
            };
            Object told = Proxy.newProxyInstance(Hangup.class.getClassLoader(), new Class<?>[] {handler}, setting);
            signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance("HUP"), told);
        } catch (ReflectiveOperationException | IllegalArgumentException e) {
            // The configuration is read again whenever it changes.
        }
    }
}
