# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# lib-nginx.sh - a web server in a namespace
#
# Comes with lib.sh.

# nginx_start NETNS [WORKERS] - serves 4 KiB at every address, port $PORT
nginx_start()
{
	local dir=$TMP/nginx

	command -v nginx >/dev/null || {
		echo "no nginx here"
		return 1
	}
	mkdir -p "$dir"
	head -c 4096 /dev/zero | tr '\0' x >"$dir/index.html"
	cat >"$dir/nginx.conf" <<-END
		user root;
		worker_processes ${2:-1};
		pid $dir/pid;
		error_log $dir/error.log;
		daemon off;
		events { worker_connections 4096; }
		http {
			access_log off;
			client_body_temp_path $dir/body;
			proxy_temp_path $dir/proxy;
			fastcgi_temp_path $dir/fastcgi;
			uwsgi_temp_path $dir/uwsgi;
			scgi_temp_path $dir/scgi;
			server {
				listen $PORT backlog=4096;
				listen [::]:$PORT backlog=4096;
				root $dir;
			}
		}
	END
	ns "$1" sysctl -qw net.core.somaxconn=4096
	spawn "$dir/log" nsenter --net="/run/netns/$(netns "$1")" -- \
		nginx -e "$dir/error.log" -c "$dir/nginx.conf" -p "$dir"
	NGINX=$SPAWNED
	await 20 listening "$1" || {
		cat "$dir/log" "$dir/error.log"
		return 1
	}
}

# nothing is connected to find out: that would be traced
listening()
{
	[ "$(ns "$1" ss -Htln "sport = :$PORT" | wc -l)" -ge 2 ]
}

nginx_stop()
{
	kill "$NGINX" 2>/dev/null
	reap "$NGINX"
}
