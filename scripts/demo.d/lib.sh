# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# lib.sh - what the demos share. They run in the VM, as root; see scripts/vm
# for the variables they get.

set -eu

TCPTIMELINE=$TCPTRACE_TOP/userspace/tcptimeline
DIR=$(mktemp -d)
chmod 755 "$DIR"

heading()
{
	if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
		printf '\n\033[1m== %s\033[0m\n' "$*"
	else
		printf '\n== %s\n' "$*"
	fi
}

# Show a command, then run it.
run()
{
	printf '# %s\n' "$*"
	"$@"
}

give_up()
{
	printf 'demo: error: %s\n' "$*" >&2
	exit 1
}

# wait_for SECONDS WHAT COMMAND... - until the command succeeds
wait_for()
{
	left=$(($1 * 10)) what=$2
	shift 2
	until "$@" >/dev/null 2>&1; do
		left=$((left - 1))
		[ $left -gt 0 ] || give_up "waited in vain for $what"
		sleep 0.1
	done
}

load_module()
{
	run insmod "$TCPTRACE_KO" "$@"
}

unload_module()
{
	run rmmod tcptrace
}

listening()
{
	ss -Hltn "sport = :$1" | grep -q .
}

# start_nginx - on 127.0.0.1:80, from a directory of its own
start_nginx()
{
	mkdir "$DIR/www"
	echo "Hello from nginx." >"$DIR/www/index.html"
	cat >"$DIR/nginx.conf" <<-END
	daemon off;
	pid $DIR/nginx.pid;
	error_log $DIR/error.log;
	worker_processes 1;
	events { }
	http {
	    access_log off;
	    client_body_temp_path $DIR/body;
	    proxy_temp_path $DIR/proxy;
	    fastcgi_temp_path $DIR/fastcgi;
	    uwsgi_temp_path $DIR/uwsgi;
	    scgi_temp_path $DIR/scgi;
	    server {
	        listen 127.0.0.1:80;
	        root $DIR/www;
	    }
	}
	END
	printf '# nginx -c %s\n' "$DIR/nginx.conf"
	nginx -c "$DIR/nginx.conf" &
	NGINX_PID=$!
	wait_for 20 "nginx to listen (see $DIR/error.log)" listening 80
}

stop_nginx()
{
	kill "$NGINX_PID"
	wait "$NGINX_PID" || true
}

time_wait_over()
{
	"$TCPTIMELINE" -o json | grep -Eq '"TIME_WAIT", *"CLOSED"\]'
}

# wait_for_time_wait - 60 s on Linux; say so meanwhile
wait_for_time_wait()
{
	start=$(date +%s)
	said=-10
	until time_wait_over; do
		waited=$(($(date +%s) - start))
		[ $waited -lt 80 ] || give_up "TIME_WAIT did not end in $waited s"
		if [ -t 2 ]; then
			printf '\r  waiting for the end of TIME_WAIT: %d of 60 s ' $waited >&2
		elif [ $((waited - said)) -ge 10 ]; then
			printf '  waiting for the end of TIME_WAIT: %d of 60 s\n' $waited >&2
			said=$waited
		fi
		sleep 0.5
	done
	[ ! -t 2 ] || printf '\r%60s\r' '' >&2
}
