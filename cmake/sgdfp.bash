# bash completion for sgdfp: commands, options, case files, keys of the case after --set, --vary and help.
_sgdfp() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  compopt +o nospace
  case $before in
  --set | --vary) COMPREPLY=($(compgen -S = -W "$("${COMP_WORDS[0]}" help keys 2>/dev/null)" -- "$word")) && compopt -o nospace && return ;;
  help) COMPREPLY=($(compgen -W "all keys $("${COMP_WORDS[0]}" help keys 2>/dev/null)" -- "$word")) && return ;;
  -o | --restart) COMPREPLY=($(compgen -d -- "$word")) && return ;;
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "run spectrum modes sample stationary sweep check help --help --version" -- "$word"))
  elif [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W "--set --vary -o --restart --overwrite --time-limit --figures --quiet --log-json --help --version" -- "$word"))
  else
    COMPREPLY=($(compgen -f -X '!*.y*ml' -- "$word") $(compgen -d -- "$word"))
  fi
}
complete -F _sgdfp sgdfp
